import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { isDatabaseUnavailable } from "./availability.ts";
import { createHints, type Hints } from "./commit/hints.ts";
import { createStandstill, type Standstill } from "./commit/standstill.ts";
import type { Session } from "./session.ts";

const tooManyConnections = "53300";
const tryAgainMilliseconds = 50;
// By then another process may have given some back.
const restoreMilliseconds = 30_000;

type Done = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (error?: unknown) => void,
) => void;

/**
 * A pool that takes its turn: where the server has no connection left for us, it goes on with those that it has, and
 * callers wait for one of them. Every statement runs in the session that Galley relies on.
 */
export class SessionPool extends pg.Pool {
  readonly session: Session;
  readonly hints: Hints;
  readonly standstill: Standstill = createStandstill();
  /** Hears of every connection that could not be had and of every statement that failed. */
  onFailure: (error: unknown) => void = () => undefined;
  readonly #patienceMilliseconds: number;

  constructor(session: Session, options: pg.PoolConfig & { patienceSeconds: number }) {
    const { patienceSeconds, ...config } = options;
    super({ ...config, ...session.config });
    this.session = session;
    this.#patienceMilliseconds = patienceSeconds * 1_000;
    const query = this.query.bind(this) as Query;
    this.query = this.#reporting(session.wrapsStatements ? this.#wrapped(query) : query) as typeof this.query;
    this.hints = createHints(this, session.channel);
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Done): void;
  override connect(callback?: Done): Promise<pg.PoolClient> | undefined {
    const client = this.#takeTurn();
    if (!callback) return client;
    client.then(
      (taken) => callback(undefined, taken, (error) => taken.release(error as Error | undefined)),
      (error: Error) => callback(error, undefined, () => undefined),
    );
    return undefined;
  }

  async #takeTurn(): Promise<pg.PoolClient> {
    const until = performance.now() + this.#patienceMilliseconds;
    for (;;) {
      try {
        return await super.connect();
      } catch (error) {
        const isFull = error instanceof pg.DatabaseError && error.code === tooManyConnections;
        if (!isFull || this.totalCount === 0) this.onFailure(error);
        if (!isFull || performance.now() > until) throw error;
        this.#beContent();
        if (this.totalCount === 0) await delay(tryAgainMilliseconds);
      }
    }
  }

  /** The pool opens no further connections: its callers queue for those that it has. */
  #beContent(): void {
    const { max } = this.options;
    if (this.totalCount === 0 || this.totalCount >= max) return;
    this.options.max = this.totalCount;
    setTimeout(() => {
      this.options.max = Math.max(this.options.max, max);
    }, restoreMilliseconds).unref();
  }

  #reporting(query: Query): Query {
    return async (statement, ...args) => {
      try {
        return await query(statement, ...args);
      } catch (error) {
        this.onFailure(error);
        throw error;
      }
    };
  }

  #wrapped(query: Query): Query {
    return async (statement, ...args) => {
      const text = textOf(statement);
      // pg-boss sends whole transactions in one text.
      if (beginning.test(text)) {
        return query({ ...asConfig(statement), text: text.replace(beginning, this.session.begin) }, ...args);
      }
      const client = await this.connect();
      let isBroken = false;
      try {
        await client.query(this.session.begin);
        const result = await (client.query.bind(client) as Query)(statement, ...args);
        await client.query("commit");
        return result;
      } catch (error) {
        isBroken = isDatabaseUnavailable(error);
        if (!isBroken) await client.query("rollback").catch(() => (isBroken = true));
        throw error;
      } finally {
        client.release(isBroken);
      }
    };
  }
}

const beginning = /^\s*begin\b/i;

type Query = (statement: unknown, ...args: unknown[]) => Promise<unknown>;

const asConfig = (statement: unknown): object => (typeof statement === "object" ? (statement ?? {}) : {});

function textOf(statement: unknown): string {
  if (typeof statement === "string") return statement;
  return "text" in asConfig(statement) ? String((statement as pg.QueryConfig).text) : "";
}
