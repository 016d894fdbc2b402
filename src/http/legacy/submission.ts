import { createHash } from "node:crypto";
import { stringify } from "safe-stable-stringify";
import { z } from "zod";
import { newBatchId } from "../../ids.ts";
import { parse } from "../problems.ts";
import { lengthOf, wordsOf } from "./lengths.ts";
import { templateOf } from "./templates.ts";

// The former front end sends "" or null for what was not chosen.
const Topic = z.looseObject({
  id: z.preprocess((id) => id || undefined, z.uuid("must be a UUID").optional()),
  title: z.string(),
});

export const Titled = z.object({ title: z.string().trim().min(1) });

/**
 * What the former front end asks for, as the input of an `article`. It took any length, template, tone and keywords, so
 * what is not known here is left to the article's own defaults; only the topic's id and title are checked. temperature and
 * maxTokens, which it sends as well, have no meaning for the models of today.
 */
export function articleOf(given: unknown, { targetWordCount, optimizeForSEO }: Record<string, unknown>) {
  const { id: topicId, title, keywords, tone, length: givenLength, template } = parse(Topic, given);
  const { length, words } = lengthOf(givenLength) ?? {};
  const topic = {
    title,
    keywords: keywordsOf(keywords),
    tone: toneOf(tone),
    length,
    template: templateOf(template),
  };
  const input = {
    topic,
    targetWordCount: wordsOf(targetWordCount) ?? words,
    optimizeForSEO: optimizeForSEO === false || optimizeForSEO === "false" ? false : undefined,
  };
  return { topicId, input };
}

/**
 * The ids of a batch and of what makes each of its jobs unique. With an Idempotency-Key they follow from the request,
 * so that the same batch is the same jobs, and the same key with another batch is refused with its first job.
 */
export function batchIdsOf(tenant: string, idempotencyKey: string | undefined, body: unknown) {
  if (idempotencyKey === undefined) return { batchId: newBatchId(), keyOf: () => undefined };
  const hash = createHash("sha256").update(stringify([tenant, idempotencyKey, body]) ?? "");
  return {
    batchId: `batch_${hash.digest("hex").slice(0, 32)}`,
    // A header cannot hold a line break: no request for a single job has such a key.
    keyOf: (index: number) => `${idempotencyKey}\n${index}`,
  };
}

const mostKeywords = 20;
const longestText = 100;

function keywordsOf(given: unknown): string[] | undefined {
  const list: unknown[] = typeof given === "string" ? given.split(/[,\n]/) : Array.isArray(given) ? given : [];
  const words = list.filter((word) => typeof word === "string").map(clip);
  const keywords = [...new Set(words.filter((word) => word !== ""))].slice(0, mostKeywords);
  return keywords.length > 0 ? keywords : undefined;
}

function toneOf(given: unknown): string | undefined {
  return typeof given === "string" ? clip(given) || undefined : undefined;
}

function clip(text: string): string {
  const start = text.trim().slice(0, longestText);
  // A character beyond U+FFFF is two: half of one cannot be stored.
  return (start.isWellFormed() ? start : start.slice(0, -1)).trim();
}
