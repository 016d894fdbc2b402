import { sql } from "drizzle-orm";
import { check, doublePrecision, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { freeText, json, time } from "../columns.ts";

/*
 * Records are written under the lock of their job's row, and go with it by the trigger `generation_records_follow_job`. A
 * foreign key would look for the job once more with each row: a tenth of all that a phase costs.
 */
const jobId = () => text("job_id").notNull();

/** What a finished phase gave: the next phase's input. */
export const generationPhases = pgTable(
  "generation_phases",
  {
    jobId: jobId(),
    phase: text("phase").notNull(),
    output: json<unknown>("output"),
    /** Of the phase, by the code that gave the output. */
    version: integer("version").notNull().default(1),
    /** How many attempts it took. */
    attempts: integer("attempts").notNull(),
    /** From the start of the attempt that finished it. */
    seconds: doublePrecision("seconds").notNull(),
    completedAt: time("completed_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ name: "generation_phases_pkey", columns: [table.jobId, table.phase] })],
).enableRLS();

/** What a finished step gave. The hash of its input is part of the key, so the first output for an input stays. */
export const generationSteps = pgTable(
  "generation_steps",
  {
    jobId: jobId(),
    phase: text("phase").notNull(),
    key: freeText("key").notNull(),
    inputHash: text("input_hash").notNull(),
    output: json<unknown>("output"),
    attempt: integer("attempt").notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ name: "generation_steps_pkey", columns: [table.jobId, table.phase, table.key, table.inputHash] }),
  ],
).enableRLS();

/**
 * An answer that a phase has asked a person for. Until it is there the job waits, and at most until `until`: then, and when
 * the phase goes on without it, it is closed.
 */
export const generationAnswers = pgTable(
  "generation_answers",
  {
    jobId: jobId(),
    phase: text("phase").notNull(),
    name: text("name").notNull(),
    /** What fits, as JSON Schema. */
    schema: json<Record<string, unknown>>("schema").notNull(),
    question: freeText("question"),
    /** What the answer is about, as Markdown. */
    content: freeText("content"),
    until: time("until").notNull(),
    askedAt: time("asked_at").notNull().defaultNow(),
    answer: json<unknown>("answer"),
    answeredAt: time("answered_at"),
    closedAt: time("closed_at"),
    /** Why the phase did not take the answer that was given before. */
    refusal: freeText("refusal"),
  },
  (table) => [
    primaryKey({ name: "generation_answers_pkey", columns: [table.jobId, table.phase, table.name] }),
    check("generation_answers_given_has_time", sql`(${table.answer} is null) = (${table.answeredAt} is null)`),
    check("generation_answers_given_or_closed", sql`${table.answeredAt} is null or ${table.closedAt} is null`),
  ],
).enableRLS();

/** A job's history, numbered from 1 without gaps. */
export const generationJobEvents = pgTable(
  "generation_job_events",
  {
    jobId: jobId(),
    id: integer("id").notNull(),
    at: time("at").notNull().defaultNow(),
    type: text("type").notNull(),
    data: json<Record<string, unknown>>("data").notNull().default(sql`'{}'::jsonb`),
  },
  (table) => [
    primaryKey({ name: "generation_job_events_pkey", columns: [table.jobId, table.id] }),
    check("generation_job_events_numbered_from_one", sql`${table.id} >= 1`),
  ],
).enableRLS();
