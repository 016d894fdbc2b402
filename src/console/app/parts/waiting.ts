import type { Job } from "galley/client";
import { asWords, formatAgo } from "./format.ts";

const reasons: Record<string, string> = {
  rate_limited: "The model provider asks to slow down",
  overloaded: "The model provider is overloaded",
  quota_exhausted: "The model provider's account needs attention",
  invalid_api_key: "The model provider refused our key",
  permission_denied: "The model provider does not permit this",
  model_not_found: "The model provider does not know the model",
  tenant_limit: "As many jobs as the tenant may run at once are under way",
  answer: "A person's answer is needed",
  children: "The jobs that it has spawned are under way",
};

/** Why something waits, in a sentence without its stop. */
export const reasonWords = (code: string): string => reasons[code] ?? asWords(code);

/** What a job waits for and until when, in a sentence without its stop. Null: it does not wait, or only for its turn. */
export function waitingWords(
  job: Pick<Job, "status" | "waitingFor" | "nextAttemptAt" | "queuePosition" | "attempts">,
  now: number,
): string | null {
  const { waitingFor, nextAttemptAt, queuePosition } = job;
  const at = nextAttemptAt === null ? null : Date.parse(nextAttemptAt);
  const when = at === null ? "" : at <= now ? ", due now" : `, goes on ${formatAgo(at, now)}`;
  if (waitingFor !== null) return `${reasonWords(waitingFor)}${when}`;
  if (at !== null && job.status === "pending") return at <= now ? "Due now" : `Begins ${formatAgo(at, now)}`;
  if (at !== null) return `Attempt ${job.attempts} failed, tries again ${at <= now ? "now" : formatAgo(at, now)}`;
  if (queuePosition !== null)
    return queuePosition === 1 ? "Next in its queue" : `Number ${queuePosition} in its queue`;
  return null;
}
