import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { emptyNotice, isEmpty, mergeNotice, type Notice, notify, payloads } from "./notice.ts";

/**
 * What other processes must hear of the commits of this one. A process that misses a hint finds the same by looking, a
 * little later, so hints are sent after the commit, those of `coalesceMilliseconds` together.
 */
export type Hints = {
  /** Names this process in what it sends. */
  process: string;
  /** At once to this process, soon to all others. */
  send(notice: Notice): void;
  /** `hear` returns what is left for other processes: this one may take some of it for itself. */
  listen(hear: (notice: Notice) => Notice): void;
  /** Resolves when everything is sent. */
  sent(): Promise<void>;
};

const coalesceMilliseconds = 10;

export function createHints(pool: Pick<pg.Pool, "query">, channel: string): Hints {
  const process = randomUUID();
  const listeners: ((notice: Notice) => Notice)[] = [];
  let unsent = emptyNotice();
  let sending: Promise<void> | null = null;

  async function send(): Promise<void> {
    await delay(coalesceMilliseconds);
    const notice = unsent;
    unsent = emptyNotice();
    sending = null;
    // The others find it by looking.
    await pool.query(notify.text, [channel, payloads(notice, process)]).catch(() => undefined);
  }

  return {
    process,
    send(notice) {
      const rest = listeners.reduce((left, hear) => hear(left), notice);
      if (isEmpty(rest)) return;
      mergeNotice(unsent, rest);
      sending ??= send();
    },
    listen: (hear) => void listeners.push(hear),
    async sent() {
      await sending;
    },
  };
}
