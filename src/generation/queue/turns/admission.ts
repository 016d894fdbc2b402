import type { Db } from "../../../db/client.ts";
import { statement } from "../../../db/commit/statement.ts";
import type { Log } from "../../../log/log.ts";
import type { Catalogue } from "../../job/catalogue.ts";
import { tenantLimit, wantsAnswer, wantsChildren } from "../../job/job.ts";
import { lockJobs, transactJobs } from "../../job/locked-jobs.ts";
import { letGo } from "../../job/store.ts";
import type { Queue } from "../queue.ts";

type Options = { db: Db; queue: Queue; catalogue: Catalogue };

const mostAtOnce = 250;

/**
 * Lets jobs go that a tenant's limit has held back, until as many are under way as may be: what is due, runs, or waits
 * for another attempt counts; what is to start later, or waits for a person or for jobs that it has spawned, does not. Safe at any time and in any number of processes. Returns
 * how many it let go.
 */
export async function admit({ db, queue, catalogue }: Options, tenant: string): Promise<number> {
  // What this process does not know, another one lets go.
  const known = catalogue.phases.map((phase) => phase.queue);
  const types = catalogue.types.map(({ type }) => type);
  for (let all = 0; ; ) {
    const some = await letSomeGo();
    all += some;
    if (some < mostAtOnce) return all;
  }

  async function letSomeGo(): Promise<number> {
    return await transactJobs(db, async (transaction) => {
      // One after the other: each counts what the one before has let go.
      await transaction.query(lockTenant, [tenant]);
      const found = await transaction.query<{ id: string }>(next, [tenant, mostAtOnce, known, types]);
      const jobs = await lockJobs(
        transaction,
        found.map(({ id }) => id),
      );
      let count = 0;
      for (const { id, type, phase } of jobs.values()) {
        const placed = catalogue.phase(type, phase);
        const job = placed && letGo(transaction, id);
        if (!placed || !job) continue;
        await queue.letGo(transaction, placed.queue, job);
        count++;
      }
      return count;
    });
  }
}

/** Lets go what may: of tenants whose limit was raised or taken away, or whose process died before it could. */
export async function admitAll(options: Options): Promise<number> {
  const { rows } = await options.db.$client.query<{ tenant: string }>(tenantsThatWait.text);
  let all = 0;
  for (const { tenant } of rows) all += await admit(options, tenant);
  return all;
}

/** Lets jobs go whenever one of their tenant's has ended, or some were submitted: the tenants of a notice. */
export type Admission = (tenants: Iterable<string>) => void;

export function createAdmission(options: Options, log: Log): Admission {
  const running = new Set<string>();
  const again = new Set<string>();

  async function run(tenant: string): Promise<void> {
    running.add(tenant);
    do {
      again.delete(tenant);
      // The reconciler does what fails here.
      await admit(options, tenant).catch((error: unknown) => log.warn({ event: "admission_failed", err: error }));
    } while (again.has(tenant));
    running.delete(tenant);
  }

  return (tenants) => {
    for (const tenant of tenants) {
      if (running.has(tenant)) again.add(tenant);
      else void run(tenant);
    }
  };
}

const lockTenant = statement("select from tenants where id = $1 for update");

const isHeld = `waiting_for = '${tenantLimit}'`;

// A paused tenant has no place. A limit that was lowered may have fewer places than jobs under way. Without one, all may go. A rank is never null, but
// without `nulls last` the index is not in this order.
const next = statement(`
  select id from generation_jobs
  where tenant = $1 and ${isHeld} and claim is null and (next_attempt_at is null or next_attempt_at <= now())
    and (type || '.' || phase = any($3::text[]) or phase = 'queued' and type = any($4::text[]))
  order by rank desc nulls last, id
  limit (select case
    when exists (select from pauses where scope = 'tenant' and name = tenants.id) then 0
    when max_running is null then $2::integer else least($2::integer, greatest(0, max_running - (
    select count(*)::integer from generation_jobs
    where tenant = $1 and status in ('pending', 'processing') and waiting_for is distinct from '${tenantLimit}'
      and waiting_for is distinct from '${wantsChildren}' and waiting_for is distinct from '${wantsAnswer}'
      and not (status = 'pending' and coalesce(next_attempt_at > now(), false))
  ))) end from tenants where id = $1)`);

// One look at the index for each tenant, however many jobs it holds back.
const tenantsThatWait = statement(`
  with recursive held as (
    (select tenant from generation_jobs where ${isHeld} order by tenant limit 1)
    union all
    select (select tenant from generation_jobs where ${isHeld} and tenant > held.tenant order by tenant limit 1)
    from held where held.tenant is not null
  )
  select tenant from held where tenant is not null`);
