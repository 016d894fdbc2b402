import { formatAgo } from "./parts/format.ts";
import { reasonWords } from "./parts/waiting.ts";
import { useAnswer } from "./state/answer.ts";
import { now } from "./state/now.ts";
import { client } from "./state/session.ts";

const everySeconds = 15;

/** What keeps the service from its work, if there is anything: on every page, since it explains jobs that do not move. */
export function ServiceNotice() {
  const { value } = useAnswer((signal) => client.value.request("getReadiness", { signal }), [], everySeconds);
  if (!value) return null;
  const { models, typesWithoutWorker, paused } = value.body;
  const closed = models.filter(({ state }) => state !== "ok" && state !== "unknown");
  if (closed.length === 0 && typesWithoutWorker.length === 0 && paused.length === 0) return null;
  return (
    <div class="notice warn" role="alert">
      {closed.map(({ provider, model, state, closedUntil }) => (
        <p key={`${provider} ${model}`}>
          <b>{reasonWords(state)}.</b> {model} of {provider} is asked again
          {closedUntil === null ? " later" : ` ${formatAgo(Date.parse(closedUntil), now.value)}`}.
        </p>
      ))}
      {paused.map(({ id, scope, name, reason }) => (
        <p key={id}>
          <b>{scope === "all" ? "Everything" : `The type ${name}`} is paused.</b> {reason}
        </p>
      ))}
      {typesWithoutWorker.length > 0 && (
        <p>
          <b>No worker</b> runs jobs of the type {typesWithoutWorker.join(", ")}. They wait.
        </p>
      )}
    </div>
  );
}
