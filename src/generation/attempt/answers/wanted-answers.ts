import type { Db } from "../../../db/client.ts";
import { patiently } from "../../../db/commit/patience.ts";
import { type Query, queryWith, statement } from "../../../db/commit/statement.ts";
import { storableJson } from "../../../storable.ts";

/** An answer that a phase asks for. `schema`: what fits, as JSON Schema. `until`: by the database's clock. */
export type WantedAnswer = {
  name: string;
  schema: Record<string, unknown>;
  question: string | null;
  content: string | null;
  until: Date;
};

/** What is there of an answer that was asked for. `over`: its time is over, and it may be given until it is closed. */
export type AskedAnswer = { name: string; state: "open" | "over" | "closed" } | GivenAnswer;
export type GivenAnswer = { name: string; state: "given"; answer: unknown };

/** What the answers of one phase are read from and written to. */
export type AnswerDesk = {
  read(): Promise<AskedAnswer[]>;
  /** False if the answer was given at the last moment. */
  close(name: string): Promise<boolean>;
  refuse(given: GivenAnswer, why: string): Promise<void>;
};

export function deskOf(db: Db, of: PhaseOfJob): AnswerDesk {
  const query = queryWith(db.$client, db.$client.session);
  return {
    read: () => patiently(db, () => query<AskedAnswer>(select, [of.jobId, of.phase])),
    close: (name) => patiently(db, async () => (await query(close, [of.jobId, of.phase, name])).length > 0),
    refuse: ({ name, answer }, why) =>
      patiently(db, async () => void (await query(refuse, [of.jobId, of.phase, name, storableJson(answer), why]))),
  };
}

type PhaseOfJob = { jobId: string; phase: string };

const select = statement(`
  select name, answer, case
    when answered_at is not null then 'given' when closed_at is not null then 'closed'
    when until <= now() then 'over' else 'open' end as state
  from generation_answers where job_id = $1 and phase = $2`);

const close = statement(`
  update generation_answers set closed_at = now()
  where job_id = $1 and phase = $2 and name = $3 and answered_at is null
  returning name`);

const refuse = statement(`
  update generation_answers set answer = null, answered_at = null, refusal = $5
  where job_id = $1 and phase = $2 and name = $3 and answer = $4::jsonb`);

/**
 * Asks for answers. What was asked for before keeps its time. Returns, for each phase that asks, when it goes on: as soon
 * as one of them is over, and null for at once, since one was given meanwhile. The caller has locked the jobs.
 */
export async function askForAnswers(
  query: Query,
  asking: readonly (PhaseOfJob & { answers: readonly WantedAnswer[] })[],
): Promise<(Date | null)[]> {
  if (asking.length === 0) return [];
  const rows = asking.flatMap(({ jobId, phase, answers }) => answers.map((one) => ({ jobId, phase, ...one })));
  const open = await query<{ jobId: string; until: Date }>(ask, [storableJson(rows)]);
  return asking.map(({ jobId, answers }) => {
    const times = open.filter((one) => one.jobId === jobId).map(({ until }) => until.getTime());
    return times.length === answers.length ? new Date(Math.min(...times)) : null;
  });
}

const ask = statement(`
  insert into generation_answers as asked (job_id, phase, name, schema, question, content, until)
  select "jobId", phase, name, schema, question, content, until
  from json_to_recordset($1::json) as new (
    "jobId" text, phase text, name text, schema jsonb, question text, content text, until timestamptz
  )
  on conflict (job_id, phase, name) do update
  set schema = excluded.schema, question = excluded.question, content = excluded.content
  where asked.answered_at is null
  returning job_id as "jobId", until`);

/** The answers of these jobs that were not given are asked for anew. */
export async function forgetOpenAnswers(query: Query, jobIds: readonly string[]): Promise<void> {
  await query(forget, [jobIds]);
}

const forget = statement("delete from generation_answers where job_id = any($1::text[]) and answered_at is null");
