import type { JobType } from "../../src/author/index.ts";
import type { JobRow } from "../../src/generation/job/job.ts";
import { isFinished } from "../../src/generation/job/transitions.ts";
import { createLog } from "../../src/log/log.ts";
import { type Config, readConfig } from "../../src/settings/config.ts";
import { type Galley, startGalley } from "../../src/start.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { checkResponses } from "./responses.ts";

export type TestGalley = Galley & { url: string; test: TestDatabase };

type Options = {
  jobTypes: readonly JobType[];
  env?: Record<string, string>;
  test?: TestDatabase;
};

/** A whole Galley on a database of its own, with the demo model unless `env` names another. */
export async function startTestGalley({ jobTypes, env = {}, test }: Options): Promise<TestGalley> {
  const database = test ?? (await createTestDatabase());
  const galley = await startGalley(testConfig(database, env), {
    jobTypes,
    log: createLog(env.LOG_LEVEL ?? "silent"),
  });
  if (galley.url) checkResponses(galley.url, jobTypes);
  return {
    ...galley,
    url: galley.url ?? "",
    test: database,
    async close() {
      await galley.close();
      if (!test) await database.drop();
    },
  };
}

export function testConfig(database: TestDatabase, env: Record<string, string> = {}): Config {
  return readConfig({ PORT: "0", DATABASE_URL: database.url, SHUTDOWN_GRACE_SECONDS: "0", ...env });
}

/** Polls what `read` gives until `accept` takes it. Fails with the last value after `seconds`. */
export async function eventually<T>(
  read: () => Promise<T> | T,
  accept: (value: T) => boolean,
  seconds = 30,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await read();
    if (accept(value)) return value;
    if (Date.now() > deadline) throw new Error(`Not within ${seconds} s. Last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function whenFinished(
  { service }: Pick<Galley, "service">,
  jobId: string,
  seconds?: number,
): Promise<JobRow> {
  return await eventually(
    () => service.find("local", jobId),
    ({ status }) => isFinished(status),
    seconds,
  );
}

/** Makes due now what waits for its next attempt. */
export async function hurry({ test }: TestGalley, jobId: string): Promise<void> {
  await test.query(
    "update galley_queue.job set start_after = now() where data->>'jobId' = $1 and state < 'active'",
    [jobId],
  );
  await test.query("select pg_notify('galley:public', '{}')");
}

/** Makes the claim on a job's queue job look as if its worker had been silent for long, and lets pg-boss notice. */
export async function loseWorker({ test }: Pick<TestGalley, "test">, jobId: string): Promise<void> {
  await test.query(
    "update galley_queue.job set heartbeat_on = now() - interval '1 hour', started_on = now() - interval '1 hour' where data->>'jobId' = $1 and state = 'active'",
    [jobId],
  );
  await test.query("update galley_queue.queue set monitor_claim_on = now() - interval '1 hour'");
}

/** As `loseWorker`, for a queue job on which workers have died too often: pg-boss gives it up. */
export async function loseLastWorker(galley: Pick<TestGalley, "test">, jobId: string): Promise<void> {
  await galley.test.query("update galley_queue.job set retry_limit = retry_count where data->>'jobId' = $1", [
    jobId,
  ]);
  await loseWorker(galley, jobId);
}

/** As if the process were killed: from now on nothing that it does reaches the database. */
export function crash({ database: { pool } }: Galley): void {
  const refuse = () => Promise.reject(new Error("crashed"));
  Object.assign(pool, { query: refuse, connect: refuse });
}

/** The types of a job's events, in order. */
export async function eventTypes({ service }: Pick<Galley, "service">, job: JobRow): Promise<string[]> {
  return (await service.readEvents(job, 0)).map(({ type }) => type);
}

/** A point at which a handler waits until the test lets it go on. */
export function createGate(): { reached: Promise<void>; open(): void; pass(signal?: AbortSignal): Promise<void> } {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    open: () => opened.resolve(),
    async pass(signal) {
      reached.resolve();
      const aborted = Promise.withResolvers<never>();
      signal?.addEventListener("abort", () => aborted.reject(signal.reason), { once: true });
      if (signal?.aborted) throw signal.reason;
      await Promise.race([opened.promise, aborted.promise]);
    },
  };
}
