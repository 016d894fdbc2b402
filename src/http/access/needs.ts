import type { Request } from "express";
import type { Scope } from "../../access/scopes.ts";

// What concerns the service as a whole, and not one tenant. In any case, as Express compares paths.
const operators = /^\/(metrics|v1\/(database|drain|keys|pauses|tenants))(\/|$)/i;
// A key belongs to a tenant, and these numbers to all.
const ofAllTenants = /^\/v1\/stats\/?$/i;
const reading = new Set(["GET", "HEAD"]);
// They show what events are signed with.
const secretive = /^\/v1\/webhooks(\/|$)/i;
// They change nothing of a tenant's.
const readingByPost = /^\/v1\/tokens\/?$/i;

// A key with any scope may know what it is for.
const ofAnyKey = /^\/v1\/keys\/current\/?$/i;

type Asked = Pick<Request, "method" | "path"> & { baseUrl?: string; query?: unknown };

/**
 * The scope that a request needs, of every route that a guard stands before; null: any will do. Open, since `app.ts` puts no guard before
 * them: the console, `/healthz`, `/readyz`, `/openapi.json`, `/docs`.
 */
export function scopeFor({ method, path, baseUrl = "", query }: Asked): Scope | null {
  const address = `${baseUrl}${path}`;
  if (ofAnyKey.test(address)) return null;
  if (operators.test(address) || (ofAllTenants.test(address) && asksForAll(query))) return "admin";
  if (secretive.test(address)) return "jobs:write";
  return reading.has(method.toUpperCase()) || readingByPost.test(address) ? "jobs:read" : "jobs:write";
}

const asksForAll = (query: unknown): boolean => typeof query === "object" && query !== null && "tenants" in query;
