import type { Request } from "express";
import type { Scope } from "../access/scopes.ts";
import type { Subject } from "../access/tokens.ts";

/**
 * For whom a request is answered, and what it may do. `keyId` null: this machine, while there are no keys or with the process's own one. `only`: the
 * one thing that a token shows, `until` it expires.
 */
export type Caller = {
  tenant: string;
  keyId: string | null;
  scopes: readonly Scope[];
  only?: Subject;
  until?: Date;
};

const callers = new WeakMap<Request, Caller>();

/** Keeps who is behind a request, for those that answer it. */
export function admitCaller(request: Request, caller: Caller): void {
  callers.set(request, caller);
}

/** Who is behind a request that `guard` has let through. */
export function callerOf(request: Request): Caller {
  const caller = callers.get(request);
  // A route that no guard stands before answers nothing rather than another tenant's jobs.
  if (!caller) throw new Error(`No guard stands before ${request.method} ${request.baseUrl}${request.path}.`);
  return caller;
}

/** Whose request it is. */
export const tenantOf = (request: Request): string => callerOf(request).tenant;
