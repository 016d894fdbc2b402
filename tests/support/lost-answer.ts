import type pg from "pg";
import { socketOf, textOf } from "./fuse.ts";

export type LostAnswer = { hasHappened(): boolean; happened: Promise<void> };

type Send = (...args: unknown[]) => Promise<unknown>;

/**
 * Breaks the connection over which the n-th statement that fits `statement` was sent, once the server has done it and
 * before its answer arrives. Whoever sent it cannot know whether it was done.
 */
export function loseAnswer(pool: pg.Pool, statement: RegExp, nth: number): LostAnswer {
  const clients = new Set<pg.PoolClient>();
  const happened = Promise.withResolvers<void>();
  let left = nth;

  pool.on("acquire", (client) => {
    if (clients.has(client)) return;
    clients.add(client);
    const send = client.query.bind(client) as Send;
    const lose = (): Error => {
      socketOf(client).destroy();
      happened.resolve();
      return new Error("Connection terminated unexpectedly");
    };
    Object.assign(client, {
      query(...args: unknown[]) {
        if (!statement.test(textOf(args[0])) || --left !== 0) return send(...args);
        const answer = args.at(-1);
        if (typeof answer === "function") return send(...args.slice(0, -1), () => answer(lose()));
        return send(...args).then(() => Promise.reject(lose()));
      },
    });
  });
  return { hasHappened: () => left <= 0, happened: happened.promise };
}
