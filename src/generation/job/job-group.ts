import { isDatabaseUnavailable } from "../../db/availability.ts";
import type { Db } from "../../db/client.ts";
import { createGroup } from "../../db/commit/group.ts";
import { type JobTransaction, lockJobs, transactJobsPatiently } from "./locked-jobs.ts";

/** How a group of writes to jobs is bounded and which of them go alone. */
export type JobGroupOptions<Item> = {
  jobIdOf: (item: Item) => string;
  /** Bytes, of all items together. Default: each counts as nothing. */
  bytesOf?: (item: Item) => number;
  /** Runs foreign code, or may otherwise take others down with it. */
  isAlone?: (item: Item) => boolean;
};

/**
 * Writes to different jobs in one transaction when they are ready at the same moment. `write` is called with the jobs'
 * rows locked; a job that is not locked does not exist. It may run twice, as `patiently` says. A job whose row another
 * transaction has locked waits for it alone, and a write that the database refuses fails alone.
 */
export function createJobGroup<Item, Answer>(
  db: Db,
  { jobIdOf, bytesOf, isAlone }: JobGroupOptions<Item>,
  write: (transaction: JobTransaction, items: Item[]) => Promise<Answer[]>,
): (item: Item) => Promise<Answer> {
  async function alone(item: Item): Promise<Answer> {
    const [answer] = await transactJobsPatiently(db, async (transaction) => {
      await lockJobs(transaction, [jobIdOf(item)]);
      return await write(transaction, [item]);
    });
    return answer as Answer;
  }

  async function together(items: Item[]): Promise<(Answer | Promise<Answer>)[]> {
    const answers = await transactJobsPatiently(db, async (transaction) => {
      const jobs = await lockJobs(transaction, items.map(jobIdOf), { skipLocked: true });
      const here = items.filter((item) => jobs.has(jobIdOf(item)));
      const written = here.length > 0 ? await write(transaction, here) : [];
      return new Map(here.map((item, index) => [item, written[index] as Answer]));
    });
    return items.map((item) => (answers.has(item) ? (answers.get(item) as Answer) : alone(item)));
  }

  const group = createGroup<Item, Answer>(
    (items) => (items.length === 1 ? Promise.all(items.map(alone)) : together(items)),
    { writers: 2, bytesOf, splits: (error) => !isDatabaseUnavailable(error) },
  );
  return (item) => (isAlone?.(item) ? alone(item) : group(item));
}
