import type { Db } from "../../db/client.ts";
import { queryWith, statement } from "../../db/commit/statement.ts";

/**
 * Counts what was created and what ended since the last time into the tables that statistics are read from. `until`: leaves the rest to the
 * next time.
 */
export async function rollUp(db: Db, until?: AbortSignal): Promise<void> {
  const query = queryWith(db.$client, db.$client.session);
  // Up to 10,000 jobs in each transaction: a resume or a removal waits for one of them.
  while (!until?.aborted && (await query<{ isMore: boolean }>(select, []))[0]?.isMore);
}

const select = statement(`select roll_up_generation_jobs() as "isMore"`);
