import type { Db } from "../../../db/client.ts";
import { statement } from "../../../db/commit/statement.ts";
import { asTenant } from "../../../db/rights/tenant-role.ts";
import { RequestError } from "../../../errors.ts";
import { hashOf } from "../../../hash.ts";
import { storableJson } from "../../../storable.ts";
import { type Job, waitsFor, wantsAnswer } from "../../job/job.ts";
import type { JobTransaction } from "../../job/locked-jobs.ts";
import { noteArrival } from "../../job/store.ts";
import { isFinished } from "../../job/transitions.ts";
import { queueOfJob } from "../../queue/queue-of-job.ts";
import type { SubmissionParts } from "../submit.ts";
import { misfitsOf } from "./misfits.ts";

/**
 * An answer that a phase of a job asks for, or has asked for. `schema`: what fits, as JSON Schema. `open` until `until`, the
 * end of the phase or the answer itself: then it is `over`, or `given`. `refusal`: why the phase did not take the one before.
 */
export type JobAnswer = {
  name: string;
  phase: string;
  question: string | null;
  content: string | null;
  schema: Record<string, unknown>;
  until: Date;
  state: "open" | "given" | "over";
  answer: unknown;
  askedAt: Date;
  answeredAt: Date | null;
  refusal: string | null;
};

/** What a job of the tenant has asked for, in this order. */
export const listAnswers = (db: Db, tenant: string, jobId: string): Promise<JobAnswer[]> =>
  asTenant(db, tenant, ({ query }) => query<JobAnswer>(ofTenant, [jobId, tenant]));

/**
 * Gives an answer to a job whose row the caller has locked, and lets the job go on. The same answer again changes nothing.
 * Throws RequestError: `invalid_answer` if it does not fit its schema, `conflict` if the job does not wait for it.
 */
export async function giveAnswer(
  transaction: JobTransaction,
  parts: Pick<SubmissionParts, "queue" | "catalogue">,
  job: Job,
  { name, answer }: { name: string; answer: unknown },
): Promise<void> {
  const { query } = transaction;
  const ofJob = await query<JobAnswer>(ofAnyPhase, [job.id]);
  const asked = ofJob.filter(({ phase }) => phase === job.phase);
  const named = ofJob.filter((one) => one.name === name);
  // One that was given may have let the job go on to another phase, or to its end.
  const wanted = named.find(({ phase }) => phase === job.phase) ?? named.findLast(({ state }) => state === "given");
  if (wanted?.state === "given" && hashOf(wanted.answer) === hashOf(answer)) return;
  if (wanted?.state !== "open") throw new RequestError("conflict", whyNot(job, asked, wanted, name));
  const issues = await misfitsOf(wanted.schema, answer);
  if (issues.length > 0)
    throw new RequestError("invalid_answer", `The answer "${name}" does not fit its schema.`, { issues });
  await query(keep, [job.id, job.phase, name, storableJson(answer)]);
  noteArrival(transaction, job.id, wantsAnswer, { type: "answered", data: { phase: job.phase, name } });
  const queueName = waitsFor(job, wantsAnswer) ? await queueOfJob(transaction, parts, job) : null;
  if (queueName) await parts.queue.letGo(transaction, queueName, { ...job, nextAttemptAt: null });
}

function whyNot(job: Job, asked: readonly JobAnswer[], wanted: JobAnswer | undefined, name: string): string {
  if (wanted?.state === "given") return `The answer "${name}" was given at ${wanted.answeredAt?.toISOString()}.`;
  if (isFinished(job.status)) return `The job is ${job.status}: it waits for no answer.`;
  if (wanted) return `The time for the answer "${name}" was over at ${wanted.until.toISOString()}.`;
  const open = asked.filter(({ state }) => state === "open").map((one) => `"${one.name}"`);
  return `The job does not wait for an answer "${name}". It waits for ${open.join(", ") || "none"}.`;
}

const select = (where: string): string => `
  select asked.name, asked.phase, question, content, schema, until, answer, asked_at as "askedAt",
    answered_at as "answeredAt", refusal, case
      when answered_at is not null then 'given'
      when closed_at is not null or until <= now() or job.completed_at is not null or asked.phase <> job.phase then 'over'
      else 'open' end as state
  from generation_answers as asked join generation_jobs as job on job.id = asked.job_id
  where asked.job_id = $1 and ${where}
  order by asked_at, asked.name`;

const ofTenant = statement(select("job.tenant = $2"));
const ofAnyPhase = statement(`${select("true")} for update of asked`);
const keep = statement(`
  update generation_answers set answer = $4::jsonb, answered_at = now(), refusal = null
  where job_id = $1 and phase = $2 and name = $3`);
