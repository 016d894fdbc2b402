import type { Status } from "../../../generation/job/transitions.ts";
import type { JobType } from "../../define.ts";
import { createTestDatabase } from "../database.ts";
import { startTestGalley, whenFinished } from "../galley.ts";
import { demo, type Script } from "../script.ts";
import { startScriptedServer } from "../scripted-server.ts";
import { type Crashes, dieEverywhere } from "./die-everywhere.ts";
import { findViolations } from "./violations.ts";

type Options = {
  /** It is asked again after a crash, so it answers by what it is asked, not by the number of the call. Default: the demo model. */
  script?: Script;
  /** How each job must end. Default `completed`. */
  expected?: Status;
  /** The types that it spawns. */
  spawns?: readonly JobType[];
  /** Dies before each so many-th statement alone, for a type with many steps. Default 1. */
  every?: number;
};

const walks = 2;

/**
 * Runs a job of the type once for each statement that a worker sends for it, and kills the worker before that statement.
 * Each job must end as expected, and with nothing lost, doubled or paid for twice. Needs the tests' PostgreSQL server; takes a
 * third of a second or so for each point.
 */
export async function crashEverywhere(
  type: JobType,
  input: unknown,
  { script = demo, expected = "completed", spawns = [], every = 1 }: Options = {},
): Promise<Crashes> {
  const server = await startScriptedServer(script);
  const start = (ROLES: string, test: Awaited<ReturnType<typeof createTestDatabase>>) =>
    startTestGalley({ jobTypes: [type, ...spawns], test, env: { ROLES, ...server.env } });
  const databases = await Promise.all(Array.from({ length: walks }, () => createTestDatabase()));
  const desks = await Promise.all(databases.map((database) => start("api", database)));
  try {
    return await dieEverywhere({
      desks,
      every,
      startWorker: ({ test }) => start("worker", test),
      async live({ service }, fuse) {
        fuse.light();
        const { job } = await service.submit("local", { type: type.type, input });
        const done = whenFinished({ service }, job.id, 60).then(() => null);
        return { id: job.id, statement: await Promise.race([fuse.blown, done]) };
      },
      async examine({ service, test }, { id }) {
        return async () => {
          const { status, errorMessage } = await service.find("local", id);
          const wrong = status === expected ? [] : [`the job is ${status}: ${errorMessage}`];
          const { rows } = await test.query<{ id: string; type: string }>(
            "select id, type from generation_jobs where parent_id = $1",
            [id],
          );
          const family = [{ id, type: type.type }, ...rows].map((one) =>
            findViolations(
              test.query,
              [type, ...spawns].find((known) => known.type === one.type) as JobType,
              one.id,
            ),
          );
          return [...wrong, ...(await Promise.all(family)).flat()];
        };
      },
    });
  } finally {
    for (const desk of desks) await desk.close();
    for (const database of databases) await database.drop();
    await server.close();
  }
}
