import type { JobRow } from "../../generation/job/job.ts";
import { isFinished } from "../../generation/job/transitions.ts";
import { createLog } from "../../log/log.ts";
import { type Galley, startGalley } from "../../process/start.ts";
import { type Config, readConfig } from "../../settings/config.ts";
import type { JobType } from "../define.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { eventually } from "./gate.ts";

export type TestGalley = Galley & { url: string; test: TestDatabase };

export type TestGalleyOptions = {
  jobTypes: readonly JobType[];
  env?: Record<string, string>;
  test?: TestDatabase;
};

/** A whole Galley on a database of its own, with the demo model unless `env` names another. */
export async function startTestGalley({ jobTypes, env = {}, test }: TestGalleyOptions): Promise<TestGalley> {
  const database = test ?? (await createTestDatabase());
  const galley = await startGalley(testConfig(database, env), {
    jobTypes,
    log: createLog(env.LOG_LEVEL ?? "silent"),
  });
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

/** As if the process were killed: from now on nothing that it does reaches the database. */
export function crash({ database: { pool } }: Galley): void {
  const refuse = () => Promise.reject(new Error("crashed"));
  Object.assign(pool, { query: refuse, connect: refuse });
}
