import type { Request } from "express";
import { z } from "zod";
import { parse } from "./problems.ts";

const IdempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\x20-\x7e]*$/, "expected printable ASCII")
  .optional();

/** What the client sends again with a repeated request, so that it makes nothing twice. Up to 255 characters. */
export function idempotencyKeyOf(request: Request): string | undefined {
  return parse(IdempotencyKey, request.get("Idempotency-Key"));
}
