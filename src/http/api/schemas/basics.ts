import { z } from "zod";
import { isBatchId, isJobId } from "../../../ids.ts";
import { windowOf } from "../../../statistics/window.ts";

type Written = { jsonSchema: { pattern?: unknown; maximum?: unknown } };

// What zod writes of these is true and too long to be read in a document.
const withoutPattern = ({ jsonSchema }: Written) => void delete jsonSchema.pattern;
const withoutMaximum = ({ jsonSchema }: Written) => void delete jsonSchema.maximum;

/** A moment, as it is sent. */
export const Time = z.iso.datetime().meta({ example: "2026-11-26T09:30:00.000Z", override: withoutPattern });

export const Uuid = z.uuid().meta({ override: withoutPattern });

/** How many. */
export const Count = z.int().min(0).meta({ override: withoutMaximum });

/** Dollars as they are sent: 12 decimals. */
export const Cost = z
  .string()
  .regex(/^\d+\.\d{12}$/)
  .meta({ description: "USD", example: "0.004210000000" });

export const JobId = z
  .string()
  .refine(isJobId, "expected the id of a job")
  .meta({ description: "The id of a job", example: "job_019b5f0c2d7c7b0f8a3e5d6c4b2a1908" });

export const BatchId = z
  .string()
  .refine(isBatchId, "expected the id of a batch")
  .meta({ description: "The id of a batch", example: "batch_019b5f0c2d7c7b0f8a3e5d6c4b2a1908" });

export const IdempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\x20-\x7e]*$/, "expected printable ASCII")
  .meta({ description: "Sent again with a repeated request, so that it makes nothing twice" });

/** `15m`, `24h`, `30d`. */
export const WindowText = z
  .string()
  .refine((text) => windowOf(text) !== null, "expected a window of up to 199 days, like 15m, 24h or 30d")
  .meta({ description: "The time that is looked at, to now: like `15m`, `24h` or `30d`", example: "24h" });
