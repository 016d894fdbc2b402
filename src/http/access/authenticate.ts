import type { Request, RequestHandler, Response } from "express";
import { parseKey } from "../../access/key.ts";
import type { KeyRing } from "../../access/key-ring.ts";
import { scopes } from "../../access/scopes.ts";
import type { Tokens } from "../../access/tokens.ts";
import { RequestError } from "../../errors.ts";
import type { Log } from "../../log/log.ts";
import { admitCaller, type Caller } from "../auth.ts";
import { createFailedLogins, mostFailures } from "./failed-logins.ts";
import { scopeFor } from "./needs.ts";
import { covers, takeToken } from "./token-address.ts";

/** This machine, as long as no key was made. */
const thisMachine: Caller = { tenant: "local", keyId: null, scopes };

export type AuthenticateOptions = {
  keys: KeyRing;
  tokens: Pick<Tokens, "verify">;
  log: Log;
  /** Whether only this machine reaches the service. Then it needs no key as long as there is none. */
  isLoopback: boolean;
};

/**
 * Finds out who is behind a request: 401 without a key or token, or with a wrong one, 403 if it is not for this, and 429 for
 * an address that has sent too many wrong ones. Keys that this process knows are let through from there too, and tokens,
 * since a proxy's clients share its address.
 */
export function authenticate({ keys, tokens, log, isLoopback }: AuthenticateOptions): RequestHandler {
  const failed = createFailedLogins();

  async function callerBehind(request: Request, response: Response): Promise<Caller> {
    const inAddress = takeToken(request);
    if (isLoopback && !(await keys.hasKeys())) return thisMachine;
    const given = credentialsIn(request.get("Authorization")) ?? inAddress;
    if (given === undefined) throw refusal(response, "A key is needed: send Authorization: Bearer glly_….");
    return isToken.test(given) ? await bearerOf(given, request, response) : await ownerOf(given, request, response);
  }

  async function ownerOf(given: string, request: Request, response: Response): Promise<Caller> {
    const key = parseKey(given);
    const wait = failed.waitOf(addressOf(request));
    if (wait > 0 && !(key && keys.knows(key.id))) throw tooMany(response, wait);
    return (key && (await keys.holderOf(key))) ?? fail(request, response, "The key is wrong, or was revoked.");
  }

  // A token lasts no longer than the key on whose behalf it was signed.
  async function bearerOf(token: string, request: Request, response: Response): Promise<Caller> {
    const grant = await tokens.verify(token);
    if (grant === "expired") throw refusal(response, "The token has expired.", invalidToken);
    if (grant === null) return fail(request, response, "The token is wrong.");
    const { tenant, keyId, subject: only, exp } = grant;
    if (keyId === null || !(await keys.holderWithId(keyId))) {
      throw refusal(response, "The key behind the token was revoked.", invalidToken);
    }
    return { tenant, keyId, scopes: ["jobs:read"], only, until: new Date(exp * 1_000) };
  }

  function fail(request: Request, response: Response, detail: string): never {
    const address = addressOf(request);
    const count = failed.note(address);
    if (count === mostFailures) log.warn({ event: "login_limited", address });
    throw count > mostFailures
      ? tooMany(response, failed.waitOf(address))
      : refusal(response, detail, invalidToken);
  }

  return async (request, response, next) => {
    const caller = await callerBehind(request, response);
    const needed = scopeFor(request);
    if (needed !== null && !caller.scopes.includes(needed)) {
      throw new RequestError("forbidden", `This needs a key with the scope ${needed}.`);
    }
    if (caller.only && !covers(caller.only, request)) {
      throw new RequestError("forbidden", "The token reads one job or batch, and nothing else.");
    }
    admitCaller(request, caller);
    next();
  };
}

const invalidToken = ', error="invalid_token"';
const isToken = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const addressOf = ({ socket }: Request): string => socket.remoteAddress ?? "";

// Its words are the client's, and may be a secret: none of them is shown.
function credentialsIn(header: string | undefined): string | undefined {
  return header === undefined ? undefined : (/^Bearer +(\S+) *$/i.exec(header)?.[1] ?? "");
}

/** Refuses what was held open and may not be any longer. `why`: "The key was revoked." */
export const noLongerAllowed = (response: Response, why: string): RequestError =>
  refusal(response, why, invalidToken);

function refusal(response: Response, detail: string, parameters = ""): RequestError {
  response.set("WWW-Authenticate", `Bearer realm="galley"${parameters}`);
  return new RequestError("unauthorized", detail);
}

function tooMany(response: Response, retryAfterSeconds: number): RequestError {
  // The former front end's route answers errors in a shape of its own.
  response.set("Retry-After", String(retryAfterSeconds));
  return new RequestError("rate_limited", "Too many wrong keys or tokens came from this address.", {
    retryAfterSeconds,
  });
}
