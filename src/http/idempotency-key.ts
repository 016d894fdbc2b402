import type { Request } from "express";
import { IdempotencyKey } from "./api/schemas/basics.ts";
import { parse } from "./problems.ts";

/** What the client sends again with a repeated request, so that it makes nothing twice. Up to 255 characters. */
export function idempotencyKeyOf(request: Request): string | undefined {
  return parse(IdempotencyKey.optional(), request.get("Idempotency-Key"));
}
