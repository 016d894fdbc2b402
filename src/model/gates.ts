import { and, eq, gt, inArray, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import type { Db, Tx } from "../db/client.ts";
import { transactPatiently } from "../db/commit/patience.ts";
import { type Query, statement } from "../db/commit/statement.ts";
import { providerGates } from "../db/schema/index.ts";
import { JobError, type JobErrorCode, type JobErrorKind, jobErrors, WaitError } from "../errors.ts";
import type { ModelError } from "./port/port.ts";

export type CalledModel = { provider: string; model: string };

/** `isTrial`: the gate was closed, and this call is to find out whether it still must be. */
export type Passage = { isTrial: boolean };

/** `millisecondsLeft`: by the database's clock, from which this machine's may differ. */
type Gate = Pick<typeof providerGates.$inferSelect, "provider" | "model" | "code"> & { millisecondsLeft: number };

const wholeAccount = "*";
// Until a trial is accepted, one more call tries every so often.
const trialSeconds = 1;
const longestClosedSeconds = 300;
// A model that does not answer is left alone while another one stands in for it.
const standInSeconds = 5;
// To find out again that it says nothing costs every call a long wait.
const silentSeconds = 60;
// If no call came for so long after the gate could have been opened, a refusal then is a new one.
const staleSeconds = 60;

/**
 * Lets a call through, or throws: WaitError while the model is to be left alone, JobError while its provider's account
 * needs attention or it can never answer. In the transaction that writes the call down, so that one call alone is the trial.
 */
export async function passGate(tx: Tx, called: CalledModel & { hasStandIn: boolean }): Promise<Passage> {
  const found = await tx
    .select({
      ...gateColumns,
      isClosed: sql<boolean>`${providerGates.closedUntil} > now()`,
      isStale: sql<boolean>`${providerGates.closedUntil} < now() - make_interval(secs => ${staleSeconds})`,
      isOnTrial: sql<boolean>`coalesce(${providerGates.trialUntil} > now(), false)`,
    })
    .from(providerGates)
    .where(concerns(called))
    .orderBy(providerGates.model);
  // What was closed only since another model can stand in binds no call without one.
  const gates = found.filter((gate) => called.hasStandIn || kindOf(gate).closes !== null);
  for (const gate of gates) {
    if (gate.isClosed) throw refusalOf(gate);
    if (gate.isOnTrial) throw afterTrial(gate);
  }
  for (const gate of gates) {
    const [trial] = await tx
      .update(providerGates)
      .set({
        trialUntil: sql`now() + make_interval(secs => ${trialSeconds})`,
        ...(gate.isStale ? { since: sql`now()`, refusals: 0 } : {}),
      })
      .where(and(isGate(gate), isOver(providerGates.closedUntil), isOver(providerGates.trialUntil)))
      .returning();
    // Another call was first.
    if (!trial) throw afterTrial(gate);
  }
  return { isTrial: gates.length > 0 };
}

/** The call that was to be the trial is not made. */
export async function giveTrialBack(tx: Tx, called: CalledModel): Promise<void> {
  await tx.update(providerGates).set({ trialUntil: null }).where(concerns(called));
}

/** The models among these that have a gate, open for a trial or closed. */
export async function findGated(query: Query, called: readonly CalledModel[]): Promise<Set<string>> {
  const rows = await query<CalledModel>(gates, [[...new Set(called.map(({ provider }) => provider))]]);
  const isGated = ({ provider, model }: CalledModel) =>
    rows.some((gate) => gate.provider === provider && [model, wholeAccount].includes(gate.model));
  return new Set(called.filter(isGated).map(({ model }) => model));
}

const gates = statement("select provider, model from provider_gates where provider = any($1::text[])");

/** The provider has begun to answer a trial: all calls may pass again, unless the gate was closed once more meanwhile. */
export async function openGate(db: Db, called: CalledModel): Promise<void> {
  await transactPatiently(db, ({ tx }) =>
    tx.delete(providerGates).where(and(concerns(called), isOver(providerGates.closedUntil))),
  );
}

/**
 * Closes the gate for all workers if the error asks for it, or if another model can stand in: `hasStandIn`. Returns what
 * the call's step is to throw: for an error that means "later" a WaitError, else the error itself.
 */
export async function closeGate(
  db: Db,
  { provider, model }: CalledModel,
  error: ModelError,
  { isTrial, hasStandIn = false }: Passage & { hasStandIn?: boolean },
): Promise<Error> {
  const closes = kindOf(error).closes ?? (hasStandIn ? whileStandIn(error) : null);
  if (!closes) return error;
  const id = { provider, model: closes.what === "account" ? wholeAccount : model };
  const gate = await transactPatiently(db, async ({ tx }) => {
    const [before] = await tx.select().from(providerGates).where(isGate(id)).for("update");
    // The refusals of calls that were under way when the gate was closed say nothing new.
    const refusals = (before?.refusals ?? 0) + (isTrial || !before ? 1 : 0);
    const doubled = closes.what === "account" ? closes.seconds : closes.seconds * 2 ** (refusals - 1);
    const asked = error.retryAt ? (error.retryAt.getTime() - Date.now()) / 1000 : 0;
    // By the database's clock, which also says whether the time is over.
    const closedUntil = sql`now() + make_interval(secs => ${Math.max(Math.min(longestClosedSeconds, doubled), asked)})`;
    // Several may find no gate at once and close it one after the other: the latest of their times counts.
    const later = (column: AnyPgColumn, value: SQL | number) => sql`greatest(${column}, ${value})`;
    const [after] = await tx
      .insert(providerGates)
      .values({ ...id, code: error.code, closedUntil, refusals })
      .onConflictDoUpdate({
        target: [providerGates.provider, providerGates.model],
        set: {
          // Of two reasons the one that lasts longer.
          code: sql`case when ${closedUntil} >= ${providerGates.closedUntil} then ${error.code} else ${providerGates.code} end`,
          closedUntil: later(providerGates.closedUntil, closedUntil),
          refusals: later(providerGates.refusals, refusals),
        },
      })
      .returning(gateColumns);
    return after;
  });
  return gate ? refusalOf(gate, error) : error;
}

/** Forgets what is known of the provider's account: a worker that starts may have another key. */
export async function forgetAccount(db: Db, provider: string): Promise<void> {
  await db.delete(providerGates).where(isGate({ provider, model: wholeAccount }));
}

/**
 * Why the model must be left alone, and until when. An account that needs attention is named until a call has been
 * accepted again: that is not known before. Null if there is no reason.
 */
export async function readGate(db: Db, called: CalledModel): Promise<{ code: string; until: Date } | null> {
  const [gate] = await db
    .select({ code: providerGates.code, until: providerGates.closedUntil })
    .from(providerGates)
    .where(
      and(concerns(called), or(eq(providerGates.model, wholeAccount), gt(providerGates.closedUntil, sql`now()`))),
    )
    .orderBy(providerGates.model)
    .limit(1);
  return gate ?? null;
}

const gateColumns = {
  provider: providerGates.provider,
  model: providerGates.model,
  code: providerGates.code,
  millisecondsLeft: sql<number>`(extract(epoch from ${providerGates.closedUntil} - now()) * 1000)::float`,
};

function refusalOf({ code, millisecondsLeft }: Gate, cause?: ModelError): Error {
  const until = new Date(Date.now() + millisecondsLeft);
  const refusal = cause ?? new JobError(code as JobErrorCode, undefined, { retryAt: until });
  return refusal.retryable ? new WaitError(until, kindOf({ code }).message, { cause: refusal }) : refusal;
}

/** For how long a model is left alone that cannot answer, as long as another one can. */
function whileStandIn(error: ModelError): JobErrorKind["closes"] {
  if (!kindOf(error).elsewhere) return null;
  return { what: "model", seconds: error.code === "timeout" ? silentSeconds : standInSeconds };
}

// Not all at the same moment, since one of them alone will be the next trial.
function afterTrial({ code }: Gate): WaitError {
  const until = new Date(Date.now() + (1 + Math.random()) * trialSeconds * 1000);
  const refusal = new JobError(code as JobErrorCode, undefined, { retryAt: until });
  return new WaitError(until, refusal.message, { cause: refusal });
}

const kindOf = ({ code }: { code: string }): JobErrorKind => jobErrors[code as JobErrorCode];

const isOver = (column: AnyPgColumn) => or(isNull(column), lte(column, sql`now()`));

const concerns = ({ provider, model }: CalledModel) =>
  and(eq(providerGates.provider, provider), inArray(providerGates.model, [model, wholeAccount]));

const isGate = ({ provider, model }: CalledModel) =>
  and(eq(providerGates.provider, provider), eq(providerGates.model, model));
