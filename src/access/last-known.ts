import { isDatabaseUnavailable } from "../db/availability.ts";
import { fits, hashOf } from "./key.ts";
import type { Holder, KeyRing } from "./key-ring.ts";

type Known = { holder: Holder; secretHash: string; at: number };

const knownForMilliseconds = 5 * 60_000;

/**
 * While the database is away, still takes a key that was taken within the last five minutes. Only for `/metrics`: Prometheus
 * must read there that the database is away.
 */
export function lastKnown(ring: KeyRing): KeyRing {
  const known = new Map<string, Known>();
  let hadKeys: boolean | undefined;

  return {
    ...ring,
    async hasKeys() {
      try {
        hadKeys = await ring.hasKeys();
        return hadKeys;
      } catch (error) {
        if (hadKeys === undefined || !isDatabaseUnavailable(error)) throw error;
        return hadKeys;
      }
    },
    async holderOf(key) {
      const last = known.get(key.id);
      const isLast = last !== undefined && fits(key.secret, last.secretHash);
      try {
        const holder = await ring.holderOf(key);
        if (holder) known.set(key.id, { holder, secretHash: hashOf(key.secret), at: performance.now() });
        else if (isLast) known.delete(key.id);
        return holder;
      } catch (error) {
        if (!isLast || performance.now() - last.at > knownForMilliseconds || !isDatabaseUnavailable(error))
          throw error;
        last.at = performance.now();
        return last.holder;
      }
    },
    knows: (keyId) => known.has(keyId) || ring.knows(keyId),
  };
}
