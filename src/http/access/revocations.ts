import type { Request, Response } from "express";
import type { KeyRing } from "../../access/key-ring.ts";
import { callerOf } from "../auth.ts";

/**
 * The signal of a request that is held open: aborted, with the reason in words, soon after the key behind it was revoked
 * and when its token expires.
 */
export type RevocationOf = (request: Request, response: Response) => AbortSignal;

const lookMilliseconds = 2_000;

/** Looks every two seconds, in one statement for all requests that this process holds open, as long as there are any. */
export function watchRevocations({ findRevoked }: Pick<KeyRing, "findRevoked">): RevocationOf {
  const held = new Map<string, Set<AbortController>>();
  let looking: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    // What cannot be known now is known with a later look: an outage ends nothing.
    const revoked = await findRevoked([...held.keys()]).catch(() => []);
    for (const keyId of revoked) for (const request of held.get(keyId) ?? []) request.abort("The key was revoked.");
  }

  function release(keyId: string, request: AbortController): void {
    const others = held.get(keyId);
    others?.delete(request);
    if (others?.size === 0) held.delete(keyId);
    if (held.size > 0) return;
    clearInterval(looking);
    looking = undefined;
  }

  return (request, response) => {
    const revocation = new AbortController();
    const { keyId, until } = callerOf(request);
    if (until) {
      const expire = () => revocation.abort("The token has expired.");
      const expiry = setTimeout(expire, Math.max(0, until.getTime() - Date.now()));
      response.once("close", () => clearTimeout(expiry));
    }
    // This machine while there are no keys, or the process's own key.
    if (keyId === null) return revocation.signal;
    held.set(keyId, (held.get(keyId) ?? new Set()).add(revocation));
    response.once("close", () => release(keyId, revocation));
    looking ??= setInterval(look, lookMilliseconds);
    return revocation.signal;
  };
}
