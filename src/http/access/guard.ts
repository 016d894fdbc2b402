import type { RequestHandler } from "express";
import type { Db } from "../../db/client.ts";
import { type AuthenticateOptions, authenticate } from "./authenticate.ts";
import { limitRate } from "./rate-limit.ts";

type Options = AuthenticateOptions & {
  db: Db;
  /** Of one key. 0: no limit. */
  requestsPerMinute: number;
};

/** What stands before every route that belongs to a tenant: who it is, whether it may, and whether it may so often. */
export function createGuard({ db, requestsPerMinute, ...options }: Options): RequestHandler[] {
  return [authenticate(options), ...(requestsPerMinute > 0 ? [limitRate(db, requestsPerMinute)] : [])];
}
