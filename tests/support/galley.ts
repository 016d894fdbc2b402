import * as kit from "../../src/author/testing/galley.ts";
import { loseWorker, type TestGalley } from "../../src/author/testing/galley.ts";
import type { JobRow } from "../../src/generation/job/job.ts";
import type { Galley } from "../../src/process/start.ts";
import { checkResponses } from "./responses.ts";

export {
  crash,
  hurry,
  loseWorker,
  type TestGalley,
  testConfig,
  whenFinished,
} from "../../src/author/testing/galley.ts";
export { createGate, eventually } from "../../src/author/testing/gate.ts";

/** A whole Galley on a database of its own; each of its answers is compared with the API's document. */
export async function startTestGalley(options: kit.TestGalleyOptions): Promise<TestGalley> {
  const galley = await kit.startTestGalley(options);
  if (galley.url) checkResponses(galley.url, options.jobTypes);
  return galley;
}

/** As `loseWorker`, for a queue job on which workers have died too often: pg-boss gives it up. */
export async function loseLastWorker(galley: Pick<TestGalley, "test">, jobId: string): Promise<void> {
  await galley.test.query("update galley_queue.job set retry_limit = retry_count where data->>'jobId' = $1", [
    jobId,
  ]);
  await loseWorker(galley, jobId);
}

/** The types of a job's events, in order. */
export async function eventTypes({ service }: Pick<Galley, "service">, job: JobRow): Promise<string[]> {
  return (await service.readEvents(job, 0)).map(({ type }) => type);
}
