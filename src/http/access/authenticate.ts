import type { Request, RequestHandler, Response } from "express";
import { parseKey, type ShownKey } from "../../access/key.ts";
import type { KeyRing } from "../../access/key-ring.ts";
import { scopes } from "../../access/scopes.ts";
import { RequestError } from "../../errors.ts";
import type { Log } from "../../log/log.ts";
import { admitCaller, type Caller } from "../auth.ts";
import { createFailedLogins, mostFailures } from "./failed-logins.ts";
import { scopeFor } from "./needs.ts";

/** This machine, as long as no key was made. */
const thisMachine: Caller = { tenant: "local", keyId: null, scopes };

export type AuthenticateOptions = {
  keys: KeyRing;
  log: Log;
  /** Whether only this machine reaches the service. Then it needs no key as long as there is none. */
  isLoopback: boolean;
};

/**
 * Finds out who is behind a request: 401 without a key or with a wrong one, 403 if the key is not for this, and 429 for an
 * address that has sent too many wrong ones; keys that this process knows are let through from there too, since a
 * proxy's clients share its address.
 */
export function authenticate({ keys, log, isLoopback }: AuthenticateOptions): RequestHandler {
  const failed = createFailedLogins();

  async function callerBehind(request: Request, response: Response): Promise<Caller> {
    if (isLoopback && !(await keys.hasKeys())) return thisMachine;
    const given = request.get("Authorization");
    if (given === undefined) throw refusal(response, "A key is needed: send Authorization: Bearer glly_….");
    const address = request.socket.remoteAddress ?? "";
    const key = keyIn(given);
    const wait = failed.waitOf(address);
    if (wait > 0 && !(key && keys.knows(key.id))) throw tooMany(response, wait);
    const holder = key && (await keys.holderOf(key));
    if (holder) return holder;
    const count = failed.note(address);
    if (count === mostFailures) log.warn({ event: "login_limited", address });
    if (count > mostFailures) throw tooMany(response, failed.waitOf(address));
    throw refusal(response, "The key is wrong, or was revoked.", ', error="invalid_token"');
  }

  return async (request, response, next) => {
    const caller = await callerBehind(request, response);
    const needed = scopeFor(request);
    if (!caller.scopes.includes(needed)) {
      throw new RequestError("forbidden", `This needs a key with the scope ${needed}.`);
    }
    admitCaller(request, caller);
    next();
  };
}

// Its words are the client's, and may be a secret: none of them is shown.
function keyIn(header: string): ShownKey | null {
  const [, text = ""] = /^Bearer +(\S+) *$/i.exec(header) ?? [];
  return parseKey(text);
}

function refusal(response: Response, detail: string, parameters = ""): RequestError {
  response.set("WWW-Authenticate", `Bearer realm="galley"${parameters}`);
  return new RequestError("unauthorized", detail);
}

function tooMany(response: Response, retryAfterSeconds: number): RequestError {
  // The former front end's route answers errors in a shape of its own.
  response.set("Retry-After", String(retryAfterSeconds));
  return new RequestError("rate_limited", "Too many wrong keys came from this address.", { retryAfterSeconds });
}
