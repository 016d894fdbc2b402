import type { Db } from "../db/client.ts";
import { statement } from "../db/commit/statement.ts";
import { type Transaction, transact } from "../db/commit/transact.ts";
import type { Queue } from "../generation/queue/queue.ts";
import { type Batch, readBatch } from "../generation/requests/batches.ts";
import { type FoundJob, readJobs } from "../generation/requests/find-job.ts";
import { newUuid } from "../ids.ts";
import type { Log } from "../log/log.ts";
import { storableJson } from "../storable.ts";

/** How the API shows what an event tells of. */
export type Views = { job(job: FoundJob): object; batch(batch: Batch): object };

type Options = { db: Db; queue: Queue; views: Views };

type Unqueued = {
  id: string;
  tenant: string;
  type: string;
  jobId: string | null;
  batchId: string | null;
  createdAt: Date;
};

// A result may have many megabytes.
const mostAtOnce = 20;

/**
 * Queues what the triggers have written: gives each event its payload and its queue job, in one transaction. Safe at any
 * time and in any number of processes. Returns how many it queued.
 */
export async function relay(options: Options): Promise<number> {
  for (let all = 0; ; ) {
    const { found, queued } = await transact(options.db, (transaction) => relaySome(transaction, options));
    all += queued;
    if (found < mostAtOnce || queued === 0) return all;
  }
}

async function relaySome(
  transaction: Transaction,
  { queue, views }: Options,
): Promise<{ found: number; queued: number }> {
  const { query } = transaction;
  const unqueued = await query<Unqueued>(take, [mostAtOnce]);
  const jobs = new Map(
    (
      await readJobs(
        query,
        unqueued.flatMap(({ jobId }) => jobId ?? []),
      )
    ).map((job) => [job.id, job]),
  );
  const deliveries: { id: string; queueJobId: string; payload: object }[] = [];
  for (const { id, tenant, type, jobId, batchId, createdAt } of unqueued) {
    const job = jobId === null ? undefined : jobs.get(jobId);
    const batch = batchId === null ? null : await readBatch(query, tenant, batchId);
    const data = job ? views.job(job) : batch && views.batch(batch);
    // What retention has just removed takes its events with it.
    if (!data) continue;
    deliveries.push({
      id,
      queueJobId: newUuid(),
      payload: { type, timestamp: createdAt.toISOString(), data: { ...data, input: undefined } },
    });
  }
  if (deliveries.length > 0) await query(write, [storableJson(deliveries)]);
  const queueJobs = deliveries.map(({ id, queueJobId }) => ({ deliveryId: id, queueJobId }));
  await queue.sendDeliveries(transaction, queueJobs);
  return { found: unqueued.length, queued: deliveries.length };
}

/** Relays when it is called, and once more if it was called meanwhile. */
export function createRelay(options: Options & { log: Log }): () => void {
  let running = false;
  let again = false;

  async function run(): Promise<void> {
    running = true;
    do {
      again = false;
      // The look of each minute does what fails here.
      await relay(options).catch((error: unknown) => options.log.warn({ event: "relay_failed", err: error }));
    } while (again);
    running = false;
  }

  return () => {
    again = true;
    if (!running) void run();
  };
}

const take = statement(`
  select id, tenant, type, job_id as "jobId", batch_id as "batchId", created_at as "createdAt"
  from webhook_deliveries where queue_job_id is null
  order by created_at limit $1 for update skip locked`);

const write = statement(`
  update webhook_deliveries as delivery set payload = new.payload, queue_job_id = new."queueJobId"
  from json_to_recordset($1::json) as new (id uuid, payload jsonb, "queueJobId" uuid)
  where delivery.id = new.id`);
