import pg from "pg";
import { PgBoss } from "pg-boss";

const phases = ["one", "two", "three", "four", "five"];

/** pg-boss alone, in a schema of its own, with a queue for each of five phases. */
export async function openRawQueue(url: string, schema: string) {
  const pool = new pg.Pool({ connectionString: url, max: 20 });
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values) },
    schema,
    supervise: false,
    schedule: false,
    useListenNotify: false,
  });
  boss.on("error", () => undefined);
  await boss.start();
  for (const phase of phases) await boss.createQueue(phase);
  return {
    boss,
    /** Throws unless every phase of so many pipelines was completed. */
    async check(pipelines: number): Promise<void> {
      // The last handlers have returned, and are being completed.
      await boss.stop({ graceful: true, timeout: 5_000 });
      const { rows } = await pool.query(
        `select count(*)::integer as done from ${schema}.job where state = 'completed'`,
      );
      if (rows[0].done !== pipelines * phases.length)
        throw new Error(`${rows[0].done} phases of ${pipelines} jobs.`);
    },
    async close(): Promise<void> {
      await pool.query(`drop schema ${schema} cascade`);
      await pool.end();
    },
  };
}

/** What follows the given phase. */
const after = (index: number) => phases[index + 1];

/** Fetches, sends on and completes by the batch, one loop for each queue. Resolves when so many have come to the end. */
export async function runInBatches(boss: PgBoss, pipelines: number, batchSize: number): Promise<void> {
  let finished = 0;
  const loop = async (phase: string, index: number) => {
    while (finished < pipelines) {
      const batch = await boss.fetch(phase, { batchSize });
      if (batch.length === 0) continue;
      const next = after(index);
      if (next)
        await boss.insert(
          next,
          batch.map(() => ({ data: {} })),
        );
      await boss.complete(phase, batch);
      if (!next) finished += batch.length;
    }
  };
  await Promise.all(phases.map(loop));
}

/** As pg-boss's own `work()` does it, with so many handlers in all. Resolves when so many have come to the end. */
export async function runByWork(boss: PgBoss, pipelines: number, handlers: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let finished = 0;
  for (const [index, phase] of phases.entries()) {
    const options = { localConcurrency: Math.ceil(handlers / phases.length), pollingIntervalSeconds: 0.5 };
    await boss.work(phase, options, async () => {
      const next = after(index);
      if (next) await boss.send(next, {});
      else if (++finished === pipelines) resolve();
    });
  }
  await promise;
}
