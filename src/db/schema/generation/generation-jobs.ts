import { sql } from "drizzle-orm";
import { boolean, check, index, integer, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { freeText, json, time, usd } from "../columns.ts";
import { articles } from "../content/articles.ts";
import { topics } from "../content/topics.ts";

/** The mirror: one row for each request, which changes only together with its queue job. */
export const generationJobs = pgTable(
  "generation_jobs",
  {
    id: text("id").primaryKey(),
    topicId: uuid("topic_id").references(() => topics.id, { onDelete: "set null" }),
    articleId: uuid("article_id").references(() => articles.id, { onDelete: "set null" }),
    requestData: json<unknown>("request_data").notNull(),
    status: text("status")
      .$type<"pending" | "processing" | "completed" | "failed" | "cancelled">()
      .notNull()
      .default("pending"),
    phase: text("phase").notNull().default("queued"),
    percentage: integer("percentage").notNull().default(0),
    currentStep: freeText("current_step").notNull(),
    /** Seconds. */
    estimatedTimeRemaining: integer("estimated_time_remaining"),
    providerUsed: text("provider_used"),
    /** USD, the sum of the job's calls. Null as soon as one of them has no known price. */
    cost: usd("cost").default("0"),
    wordCount: integer("word_count"),
    seoScore: integer("seo_score"),
    resultData: json<unknown>("result_data"),
    /** Why the job failed. */
    errorMessage: freeText("error_message"),
    createdAt: time("created_at").notNull().defaultNow(),
    startedAt: time("started_at"),
    completedAt: time("completed_at"),
    lastUpdated: time("last_updated").notNull().defaultNow(),
    /** Of the current phase. */
    attempts: integer("attempts").notNull().default(0),
    maxAttempts: integer("max_attempts").notNull().default(3),
    /** Attempts of the current phase that were lost with their worker. Each has raised `maxAttempts` by one. */
    lostAttempts: integer("lost_attempts").notNull().default(0),
    /** Why the latest attempt ended without a result. */
    lastError: freeText("last_error"),

    type: text("type").notNull(),
    tenant: text("tenant").notNull().default("local"),
    batchId: text("batch_id"),
    priority: integer("priority").notNull().default(0),
    /** Its place among what waits, the highest first: its priority, less its tenant's turn (see `queue/turns/turns.ts`). */
    rank: integer("rank").notNull().default(0),
    /** The queue job that stands for this job now; null once it is finished. */
    queueJobId: uuid("queue_job_id"),
    /** The claim on that queue job (pg-boss's retry count) which the latest attempt holds. */
    claim: integer("claim"),
    /** The worker that made that claim. */
    workerId: uuid("worker_id"),
    /** Asked for by the submitter: attempts for every phase, in place of the phase's own. */
    requestedMaxAttempts: integer("requested_max_attempts"),
    idempotencyKey: text("idempotency_key"),
    requestHash: text("request_hash"),
    /** The number of the latest event. */
    eventCount: integer("event_count").notNull().default(0),
    errorCode: text("error_code"),
    /** Where it went wrong, if the error has a place: paths and what was expected there, never values. */
    errorDetail: freeText("error_detail"),
    errorRetryable: boolean("error_retryable"),
    providerRequestId: text("provider_request_id"),
    nextAttemptAt: time("next_attempt_at"),
    /** The submitter wanted it to wait until then. */
    startAfter: time("start_after"),
    /** A job that has not begun by then fails. */
    startBefore: time("start_before"),
    waitingFor: freeText("waiting_for"),
    phaseStartedAt: time("phase_started_at"),
    tags: freeText("tags").array().notNull().default([]),
    webhookUrl: text("webhook_url"),
    model: text("model"),
    inputTokens: integer("input_tokens").notNull().default(0),
    cachedInputTokens: integer("cached_input_tokens").notNull().default(0),
    outputTokens: integer("output_tokens").notNull().default(0),
    maxCostUsd: usd("max_cost_usd"),
    forkedFrom: text("forked_from"),
    supersedes: text("supersedes"),
    /** The schedule that submitted it. Not a foreign key: jobs stay when their schedule is removed. */
    scheduleId: uuid("schedule_id"),
    /** The job that has spawned this one, in which phase, by which call of `spawn`, and its place there. */
    parentId: text("parent_id"),
    parentPhase: text("parent_phase"),
    spawn: text("spawn"),
    spawnPlace: integer("spawn_place"),
    /** USD, of the jobs that this one has spawned. Null as soon as one of them has a call without a known price. */
    childrenCost: usd("children_cost").default("0"),
    /** Of the type, by the code that took the input. */
    inputVersion: integer("input_version").notNull().default(1),
  },
  (table) => [
    check(
      "generation_jobs_status_known",
      sql`${table.status} in ('pending', 'processing', 'completed', 'failed', 'cancelled')`,
    ),
    check("generation_jobs_percentage_in_range", sql`${table.percentage} between 0 and 100`),
    check("generation_jobs_seo_score_in_range", sql`${table.seoScore} between 0 and 100`),
    check("generation_jobs_attempts_in_range", sql`${table.attempts} between 0 and ${table.maxAttempts}`),
    check("generation_jobs_cost_not_negative", sql`${table.cost} >= 0`),
    check(
      "generation_jobs_finished_has_time",
      sql`(${table.status} in ('completed', 'failed', 'cancelled')) = (${table.completedAt} is not null)`,
    ),
    check(
      "generation_jobs_live_has_queue_job",
      sql`(${table.status} in ('pending', 'processing')) = (${table.queueJobId} is not null)`,
    ),
    check("generation_jobs_pending_not_started", sql`${table.status} <> 'pending' or ${table.startedAt} is null`),
    check(
      "generation_jobs_processing_started",
      sql`${table.status} not in ('processing', 'completed') or ${table.startedAt} is not null`,
    ),
    check(
      "generation_jobs_completed_is_whole",
      sql`(${table.status} = 'completed') = (${table.phase} = 'completed') and (${table.status} <> 'completed' or ${table.percentage} = 100)`,
    ),
    check("generation_jobs_failed_has_reason", sql`${table.status} <> 'failed' or ${table.errorCode} is not null`),
    check(
      "generation_jobs_waiting_is_live",
      sql`${table.waitingFor} is null or (${table.status} in ('pending', 'processing') and (${table.nextAttemptAt} is not null or ${table.waitingFor} in ('tenant_limit', 'children')))`,
    ),
    /*
     * A job changes about ten times. No index but those of what is live and what has ended names a column that changes
     * more often than its status, so that PostgreSQL can write the new row beside the old one (HOT).
     */
    // Lists a tenant's jobs, newest first: an id begins with its time.
    index("generation_jobs_tenant_id").on(table.tenant, table.id.desc()),
    index("generation_jobs_tenant_status_id").on(table.tenant, table.status, table.id.desc()),
    index("generation_jobs_tenant_type_id").on(table.tenant, table.type, table.id.desc()),
    index("generation_jobs_tags").using("gin", table.tags).where(sql`${table.tags} <> '{}'`),
    // Reads a batch.
    index("generation_jobs_batch_id").on(table.batchId, table.id.desc()).where(sql`${table.batchId} is not null`),
    // Lists the jobs of a schedule.
    index("generation_jobs_schedule_id")
      .on(table.scheduleId, table.id.desc())
      .where(sql`${table.scheduleId} is not null`),
    // Finds what is live, in the order in which it starts.
    index("generation_jobs_live")
      .on(table.status, table.rank.desc(), table.id)
      .where(sql`${table.status} in ('pending', 'processing')`),
    // A job's place among those of its type that may start now, and among those whose time has come.
    index("generation_jobs_ready")
      .on(table.type, table.rank.desc(), table.id)
      .where(sql`${table.status} = 'pending' and ${table.nextAttemptAt} is null and ${table.waitingFor} is null`),
    index("generation_jobs_timed")
      .on(table.type, table.nextAttemptAt)
      .where(
        sql`${table.status} = 'pending' and ${table.nextAttemptAt} is not null and ${table.waitingFor} is null`,
      ),
    // The jobs that a tenant's limit holds back, in the order in which it lets them go.
    index("generation_jobs_held")
      .on(table.tenant, table.rank.desc(), table.id)
      .where(sql`${table.waitingFor} = 'tenant_limit'`),
    // Counts what of a tenant is under way, however much its limit holds back.
    index("generation_jobs_under_way")
      .on(table.tenant)
      .where(
        sql`${table.status} in ('pending', 'processing') and ${table.waitingFor} is distinct from 'tenant_limit'`,
      ),
    // What a call of `spawn` has made, once.
    uniqueIndex("generation_jobs_spawned")
      .on(table.parentId, table.parentPhase, table.spawn, table.spawnPlace)
      .where(sql`${table.parentId} is not null`),
    // The children that a job waits for, or that end with it.
    index("generation_jobs_live_children")
      .on(table.parentId)
      .where(sql`${table.parentId} is not null and ${table.completedAt} is null`),
    index("generation_jobs_waiting_for_children").on(table.id).where(sql`${table.waitingFor} = 'children'`),
    // Finds what has not begun in time.
    index("generation_jobs_start_before")
      .on(table.startBefore)
      .where(sql`${table.status} = 'pending' and ${table.startBefore} is not null`),
    // Jobs created per hour and day.
    index("generation_jobs_created_at").on(table.createdAt),
    // The latest of a type, and what retention may remove.
    index("generation_jobs_completed_at").on(table.completedAt).where(sql`${table.completedAt} is not null`),
    index("generation_jobs_type_completed_at")
      .on(table.type, table.completedAt.desc())
      .where(sql`${table.status} = 'completed'`),
    // The latest failure of a kind, and all of them to resume.
    index("generation_jobs_failed").on(table.completedAt).where(sql`${table.status} = 'failed'`),
    // Follows a deleted topic or article.
    index("generation_jobs_topic_id").on(table.topicId).where(sql`${table.topicId} is not null`),
    index("generation_jobs_article_id").on(table.articleId).where(sql`${table.articleId} is not null`),
    // One job per key, also when two requests come at once.
    uniqueIndex("generation_jobs_idempotency_key")
      .on(table.tenant, table.idempotencyKey)
      .where(sql`${table.idempotencyKey} is not null`),
  ],
).enableRLS();

/** Remembers the ids that retention removed, so that asking for one is answered with 410 and not 404. */
export const generationJobTombstones = pgTable(
  "generation_job_tombstones",
  {
    id: text("id").primaryKey(),
    tenant: text("tenant").notNull(),
    removedAt: time("removed_at").notNull().defaultNow(),
  },
  // Forgets the oldest.
  (table) => [index("generation_job_tombstones_removed_at").on(table.removedAt)],
).enableRLS();
