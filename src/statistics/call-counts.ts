import { sql } from "drizzle-orm";
import { type Counting, millis } from "./snapshot.ts";

/** What calls to models came to. */
export type Calls = {
  calls: number;
  /** Of these, those that failed or were cancelled. */
  unanswered: number;
  tokens: { input: number; cachedInput: number; output: number };
  /** USD, of the calls whose cost is known. */
  cost: string;
  /** How many have no known cost. */
  unpriced: number;
};

export type CallCounts = {
  all: Calls;
  /** By the type of their jobs; null where the jobs were gone before their calls were counted. */
  byType: (Calls & { type: string | null })[];
  byModel: (Calls & { provider: string; model: string })[];
  /** In the order of time. Spans without calls are left out. */
  bySpan: SpanCost[];
};

/** What the calls of one type and model cost that ended in one span of the window. */
export type SpanCost = Pick<Calls, "cost" | "unpriced"> & {
  start: Date;
  type: string | null;
  provider: string;
  model: string;
};

type Row = Calls & { grouping: number; at: number; type: string; provider: string; model: string };

/**
 * Counts the calls that ended in the window: what was rolled up, and from the ledger what was not. The costliest type and
 * model first.
 */
export async function countCalls({ tx, tenant, window, edges }: Counting): Promise<CallCounts> {
  const isOwn = tenant === null ? sql`true` : sql`call.tenant = ${tenant}`;
  const { rows } = await tx.execute<Row>(sql`
    with counted as (
      select * from provider_call_counts where tenant = ${tenant ?? ""} and span = ${window.span}
      union all
      select counted.* from provider_calls call, provider_call_as_ended(call) as counted
      where call.finished_at >= ${edges.rows} and ${isOwn}
    ), placed as (
      select *, date_trunc(${window.span}, start, 'UTC') as at from counted where start >= ${edges.from}
    )
    select grouping(at, type, model) as grouping, ${millis("at")} as at, type, provider, model, coalesce(sum(calls), 0)::float8 as calls,
      coalesce(sum(unanswered), 0)::float8 as unanswered, coalesce(sum(unpriced), 0)::float8 as unpriced,
      coalesce(sum(cost), 0)::numeric(30,12)::text as cost,
      json_build_object('input', coalesce(sum(input_tokens), 0), 'cachedInput', coalesce(sum(cached_input_tokens), 0),
        'output', coalesce(sum(output_tokens), 0)) as tokens
    from placed
    group by grouping sets ((type), (provider, model), (at, type, provider, model), ())
    order by placed.at, sum(cost) desc, type, provider, model`);
  const of = (grouping: number) => rows.filter((row) => row.grouping === grouping && row.calls > 0);
  const [all] = rows.filter(({ grouping }) => grouping === everything);
  if (!all) throw new Error("Nothing was counted.");
  return {
    all: callsOf(all),
    byType: of(ofType).map((row) => ({ type: row.type || null, ...callsOf(row) })),
    byModel: of(ofModel).map((row) => ({ provider: row.provider, model: row.model, ...callsOf(row) })),
    bySpan: of(ofSpan).map(({ at, type, provider, model, cost, unpriced }) => ({
      start: new Date(at),
      type: type || null,
      ...{ provider, model, cost, unpriced },
    })),
  };
}

// Which of span, type and model a sum goes over, as PostgreSQL counts that.
const [ofSpan, ofType, ofModel, everything] = [0b000, 0b101, 0b110, 0b111];

const callsOf = ({ calls, unanswered, tokens, cost, unpriced }: Row): Calls => ({
  calls,
  unanswered,
  tokens,
  cost,
  unpriced,
});
