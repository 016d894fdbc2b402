import type { Db } from "../../db/client.ts";
import { queryWith, statement } from "../../db/commit/statement.ts";
import type { Catalogue } from "../job/catalogue.ts";

/** Types of which no worker that was seen in the last half minute knows every phase: their jobs wait for one. */
export async function findTypesWithoutWorker(db: Db, catalogue: Catalogue): Promise<string[]> {
  const rows = await queryWith(db.$client, db.$client.session)<{ queue: string }>(knownQueues, []);
  const known = new Set(rows.map(({ queue }) => queue));
  const waiting = catalogue.phases.filter(({ queue }) => !known.has(queue));
  return [...new Set(waiting.map(({ type }) => type))];
}

// A worker says every ten seconds that it is there.
const knownQueues = statement(`
  select distinct unnest(queues) as queue from workers
  where seen_at > now() - interval '30 seconds' and gone_at is null`);
