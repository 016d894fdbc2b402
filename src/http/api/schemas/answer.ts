import { z } from "zod";
import { Time } from "./basics.ts";

/** What `viewAnswer` gives. */
export const JobAnswer = z
  .object({
    name: z.string(),
    phase: z.string(),
    question: z.string().nullable(),
    content: z.string().nullable().meta({ description: "What the answer is about, as Markdown" }),
    schema: z.record(z.string(), z.unknown()).meta({ description: "What fits, as JSON Schema" }),
    until: Time.meta({ description: "The job goes on without an answer then" }),
    state: z.enum(["open", "given", "over"]),
    answer: z.record(z.string(), z.unknown()).nullable(),
    askedAt: Time,
    answeredAt: Time.nullable(),
    refusal: z.string().nullable().meta({ description: "Why the answer before was not taken" }),
  })
  .meta({ id: "Answer" });
