import type { Request } from "express";
import { type RateLimitRequestHandler, rateLimit } from "express-rate-limit";
import { countRequests } from "../../access/key-minutes.ts";
import type { Db } from "../../db/client.ts";
import { RequestError } from "../../errors.ts";
import { callerOf } from "../auth.ts";

/**
 * Lets through so many requests of a key within a minute, over all processes, and says in `RateLimit` and
 * `RateLimit-Policy` what is left; 429 with `Retry-After` beyond. This machine, while there are no keys, has no limit.
 */
export function limitRate(db: Db, perMinute: number): RateLimitRequestHandler {
  const count = countRequests(db, perMinute);
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    identifier: "minute",
    standardHeaders: "draft-8",
    legacyHeaders: false,
    skip: (request) => callerOf(request).keyId === null,
    keyGenerator: keyIdOf,
    handler(_request, _response, next) {
      next(new RequestError("rate_limited", `A key may send ${perMinute} requests within a minute.`));
    },
    store: {
      localKeys: false,
      async increment(keyId) {
        const { number, endsAt } = await count(keyId);
        return { totalHits: number, resetTime: new Date(endsAt) };
      },
      // Every request counts, whatever its answer.
      decrement: () => undefined,
      resetKey: () => undefined,
    },
  });
}

const keyIdOf = (request: Request): string => callerOf(request).keyId ?? "";
