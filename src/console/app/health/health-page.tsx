import type { Body } from "galley/client";
import type { ComponentChildren } from "preact";
import { formatAgo } from "../parts/format.ts";
import { Loading, Problem } from "../parts/notice.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { Mark } from "../parts/status.tsx";
import { reasonWords } from "../parts/waiting.ts";
import { useAction } from "../state/action.ts";
import { useAnswer } from "../state/answer.ts";
import { now } from "../state/now.ts";
import { useRights } from "../state/rights.ts";
import { client } from "../state/session.ts";
import { Database } from "./database.tsx";

type Readiness = Body<"getReadiness">;

const everySeconds = 5;

/** Whether the service can work: its database, its workers, and the models that it asks. */
export function HealthPage() {
  const { value, error, reload } = useAnswer(
    async (signal) => (await client.value.request("getReadiness", { signal })).body,
    [],
    everySeconds,
  );
  const rights = useRights();
  const isAway = error?.status === 503;
  return (
    <>
      <header class="page-head">
        <PageTitle>Health</PageTitle>
      </header>
      {error && !isAway && <Problem error={error} onRetry={reload} />}
      {!value && !error && <Loading what="the state of the service" lines={5} />}
      <ul class="checks">
        {isAway && (
          <Check isGood={false} name="Database">
            It cannot be reached or written. What runs goes on by itself when it is back.
          </Check>
        )}
        {value && !isAway && <Checks readiness={value} onChange={reload} />}
      </ul>
      {value && !isAway && rights && (rights.scopes.includes("admin") ? <Database /> : <NotForThisKey />)}
    </>
  );
}

const NotForThisKey = () => (
  <p class="nothing">A key with the scope admin shows the tables and the cleanup here.</p>
);

function Checks({ readiness, onChange }: { readiness: Readiness; onChange: () => void }) {
  const { checks, models, typesWithoutWorker, paused, pausedTenants, roles } = readiness;
  return (
    <>
      <Check isGood name="Database">
        It answers and takes writes.
      </Check>
      <Check isGood={checks.notifications === "listening"} name="Notifications">
        {checks.notifications === "listening"
          ? "PostgreSQL tells at once what has changed."
          : "What has changed is asked for every two seconds, as behind a pooler."}
      </Check>
      <Check isGood={typesWithoutWorker.length === 0} name="Workers">
        {typesWithoutWorker.length === 0
          ? "A worker runs each type of job that waits."
          : `No worker runs ${typesWithoutWorker.join(", ")}.`}
      </Check>
      <Check isGood={checks.cleanup !== "overdue"} name="Cleanup">
        {checks.cleanup === "overdue"
          ? "It is overdue: for an hour no worker took it, or got through it."
          : "It removes what is past its retention."}
      </Check>
      {models.map(({ provider, model, state, closedUntil }) => (
        <Check key={`${provider} ${model}`} isGood={state === "ok"} name={model}>
          {state === "ok"
            ? `${provider} is asked.`
            : `${reasonWords(state)}. ${provider} is asked again ${closedUntil === null ? "later" : formatAgo(Date.parse(closedUntil), now.value)}.`}
        </Check>
      ))}
      {paused.map((pause) => (
        <Paused key={pause.id} pause={pause} onEnd={onChange} />
      ))}
      {pausedTenants > 0 && (
        <Check isGood={false} name="Tenants are paused">
          {pausedTenants === 1 ? "One of them" : `${pausedTenants} of them`}.
        </Check>
      )}
      <Check isGood name="This process">
        It is {roles.join(" and ")}.
      </Check>
    </>
  );
}

/** What an operator has paused, and a way to let it go on, for a key that may. */
function Paused({ pause, onEnd }: { pause: Readiness["paused"][number]; onEnd: () => void }) {
  const { id, scope, name, reason, since } = pause;
  const end = useAction(async () => {
    await client.value.request("endPause", { params: { pauseId: id } });
    onEnd();
  });
  return (
    <Check isGood={false} name={scope === "all" ? "Everything is paused" : `${name} is paused`}>
      {reason ?? "Without a reason"}, since {formatAgo(Date.parse(since), now.value)}. What runs goes on to its end.
      <button type="button" class="button" onClick={end.run} disabled={end.isBusy}>
        End the pause
      </button>
      {end.error && <Problem error={end.error} />}
    </Check>
  );
}

const Check = ({ isGood, name, children }: { isGood: boolean; name: string; children: ComponentChildren }) => (
  <li>
    <Mark state={isGood ? "completed" : "waiting"} />
    <div>
      <h2>{name}</h2>
      <div class="words">{children}</div>
    </div>
    <span class={isGood ? "verdict good" : "verdict"}>{isGood ? "Good" : "Needs a look"}</span>
  </li>
);
