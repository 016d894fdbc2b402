import type { JobEvent } from "../../generation/history/events.ts";
import { type JobRow, wantsAnswer } from "../../generation/job/job.ts";
import { isFinished } from "../../generation/job/transitions.ts";
import type { Submission } from "../../generation/requests/submit.ts";
import type { JobType } from "../define.ts";
import { hurry, startTestGalley, type TestGalley } from "./galley.ts";
import { eventually } from "./gate.ts";
import { type Call, demo, type Script } from "./script.ts";
import { startScriptedServer } from "./scripted-server.ts";

/** What became of a job. */
export type Ran = {
  /** Its row: `status`, `resultData`, `percentage`, `cost` in USD, `errorCode` and more. */
  job: JobRow;
  /** What was paid for and kept, in the order of its keeping. `attempt`: the one that paid. */
  steps: { phase: string; key: string; output: unknown; attempt: number }[];
  /** What its consumer was told, in order. */
  progress: { percentage: number; currentStep: string }[];
  events: JobEvent[];
  calls: Call[];
};

/**
 * `answers`: what a person answers, by name. Default: no one answers in time. `env`: settings of the service. `before`: puts
 * into the database what the type looks up when a job of it is submitted.
 */
type Options = Omit<Submission, "type" | "input"> & {
  script?: Script;
  answers?: Readonly<Record<string, object>>;
  /** The types that it spawns. */
  spawns?: readonly JobType[];
  env?: Record<string, string>;
  before?: (galley: TestGalley) => Promise<unknown>;
};

/**
 * Runs one job of a type to its end: a whole Galley on a database of its own, the model over HTTP by a script (default: the
 * demo model) at a price. What waits for its next attempt is made due at once. Needs the tests' PostgreSQL server, so it
 * works in a run of `npm test` or `npm run jest`.
 */
export async function runJob(
  type: JobType,
  input: unknown,
  { script = demo, answers = {}, env = {}, before, spawns = [], ...more }: Options = {},
): Promise<Ran> {
  const server = await startScriptedServer(script);
  const galley = await startTestGalley({ jobTypes: [type, ...spawns], env: { ...server.env, ...env } });
  try {
    await before?.(galley);
    const submitted = await galley.service.submit("local", { type: type.type, input, ...more });
    const job = await finish(galley, submitted.job.id, { check: server.check, answers });
    const events = (await galley.service.readEvents(job, 0)) as JobEvent[];
    const progress = events.flatMap((event) => (event.type === "progress" ? [event.data] : []));
    return { job, steps: await readSteps(galley, job.id), progress, events, calls: server.asked };
  } finally {
    await galley.close();
    await server.close();
  }
}

type Meanwhile = { check: () => void; answers: NonNullable<Options["answers"]> };

const finish = (galley: TestGalley, id: string, { check, answers }: Meanwhile): Promise<JobRow> =>
  eventually(
    async () => {
      check();
      const job = await galley.service.find("local", id);
      if (job.waitingFor === wantsAnswer) await answer(galley, id, answers);
      for (const late of await findLate(galley)) await hurry(galley, late);
      return job;
    },
    ({ status }) => isFinished(status),
    60,
  );

/** Gives what is asked for, or ends its time. */
async function answer({ service, test }: TestGalley, id: string, answers: Meanwhile["answers"]): Promise<void> {
  for (const { name, state } of await service.listAnswers("local", id)) {
    if (state !== "open") continue;
    const given = answers[name];
    if (given) await service.answer("local", id, { name, answer: given });
    else
      await test.query("update generation_answers set until = now() where job_id = $1 and name = $2", [id, name]);
  }
}

async function findLate({ test }: TestGalley): Promise<string[]> {
  const { rows } = await test.query<{ id: string }>(
    "select id from generation_jobs where next_attempt_at is not null",
  );
  return rows.map(({ id }) => id);
}

async function readSteps({ test }: TestGalley, id: string): Promise<Ran["steps"]> {
  const { rows } = await test.query<Ran["steps"][number]>(
    "select phase, key, output, attempt from generation_steps where job_id = $1 order by created_at, key",
    [id],
  );
  return rows;
}
