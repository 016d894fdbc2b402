import { type Query, statement } from "./statement.ts";

// 20 is the lock of a budget: see `money/budgets.ts`.
const locks = { schedules: 21, webhooks: 22 } as const;

/**
 * One transaction of a tenant goes on after the other, for what adds to a bounded number: two at once would count the
 * same. The count belongs into a statement of its own behind this, since each sees what was committed when it began.
 */
export async function takeTurn(query: Query, tenant: string, of: keyof typeof locks): Promise<void> {
  await query(lock, [tenant, locks[of]]);
}

const lock = statement("select pg_advisory_xact_lock(hashtextextended($1, $2))");
