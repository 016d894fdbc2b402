import { isFinished } from "../../../generation/job/transitions.ts";
import { reconcile } from "../../../generation/upkeep/reconciler.ts";
import { createLog } from "../../../log/log.ts";
import { hurry, loseWorker, type TestGalley } from "../galley.ts";
import { eventually } from "../gate.ts";
import { type Fuse, layFuse } from "./fuse.ts";

/** How a worker ended with its job. `statement`: before which it died. Null: it lived. */
export type Death = { id: string; statement: string | null };

/** `points`: before how many statements a worker died. `problems`: what was wrong afterwards, a line each. */
export type Crashes = { points: number; problems: string[] };

type Walk<One extends Death> = {
  /** Galleys without a worker, each with a database of its own: as many walks go on at once. */
  desks: readonly TestGalley[];
  startWorker(desk: TestGalley): Promise<TestGalley>;
  /** Lets the worker do its work, with the fuse lit from the moment that counts. */
  live(desk: TestGalley, fuse: Fuse, worker: TestGalley): Promise<One>;
  /** Called right after the death. What it returns says what is wrong, when the job has gone on elsewhere. */
  examine(desk: TestGalley, death: One): Promise<() => Promise<string[]>>;
  /** Dies before each so many-th statement alone. Default 1. */
  every?: number;
};

const log = createLog("silent");

/**
 * Lets a worker die before its first statement, another one before its second, until one lives to the end. Each worker
 * first finishes what the one before it left.
 */
export async function dieEverywhere<One extends Death>({
  desks,
  startWorker,
  live,
  examine,
  every = 1,
}: Walk<One>): Promise<Crashes> {
  const problems: string[] = [];
  let points = 0;
  let next = 1;
  const walk = async (desk: TestGalley) => {
    let worker = await startWorker(desk);
    for (;;) {
      const point = next;
      next += every;
      const death = await live(desk, layFuse(worker, point), worker);
      const place = `before statement ${point}, ${death.statement?.trim().replace(/\s+/g, " ").slice(0, 60)}: `;
      const drift = await reconcile({ ...desk, db: desk.database.db, log });
      const findWrong = await examine(desk, death);
      await worker.close();
      if (death.statement !== null) {
        worker = await startWorker(desk);
        await finish(worker, death.id);
      }
      problems.push(...[...nameDrift(drift), ...(await findWrong())].map((what) => place + what));
      if (death.statement === null) return;
      points++;
    }
  };
  await Promise.all(desks.map(walk));
  return { points, problems };
}

const nameDrift = (drift: Record<string, number>) =>
  Object.entries(drift).flatMap(([kind, count]) => (count > 0 ? [`drift: ${count} ${kind}`] : []));

/** Takes over, with what the job has spawned, once pg-boss has noticed the loss. */
async function finish(worker: TestGalley, jobId: string): Promise<void> {
  const family = async () =>
    (await worker.test.query<{ id: string }>("select id from generation_jobs where $1 in (id, parent_id)", [jobId]))
      .rows;
  for (const { id } of await family()) await loseWorker(worker, id);
  await worker.queue.supervise();
  await eventually(async () => {
    for (const { id } of await family()) await hurry(worker, id);
    return (await worker.service.find("local", jobId)).status;
  }, isFinished);
}
