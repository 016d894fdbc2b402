import { type Query, statement } from "./statement.ts";

// 20 is the lock of a budget: see `money/budgets.ts`.
const locks = { schedules: 21, webhooks: 22 } as const;

/**
 * Lets one transaction of a tenant add to a bounded number, and the next when that one has ended: two at once would count the
 * same. Count in a later statement than this: a statement sees what was committed when it began.
 */
export async function takeTurn(query: Query, tenant: string, of: keyof typeof locks): Promise<void> {
  await query(lock, [tenant, locks[of]]);
}

const lock = statement("select pg_advisory_xact_lock(hashtextextended($1, $2))");
