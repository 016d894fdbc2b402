CREATE TABLE "articles" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant" text DEFAULT 'local' NOT NULL,
	"job_id" text,
	"title" text NOT NULL,
	"content" text DEFAULT '' NOT NULL,
	"summary" text,
	"meta_title" text,
	"meta_description" text,
	"slug" text NOT NULL,
	"status" text DEFAULT 'draft' NOT NULL,
	"tags" text[] DEFAULT '{}' NOT NULL,
	"target_keywords" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"shopify_blog_id" text,
	"shopify_article_id" text,
	"scheduled_publish_date" timestamp with time zone,
	"seo_score" integer,
	"word_count" integer,
	"reading_time" integer,
	"source_topic_id" uuid,
	"generation_started_at" timestamp with time zone,
	"generation_completed_at" timestamp with time zone,
	"ai_model_used" text,
	"generation_prompt_version" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"published_at" timestamp with time zone,
	CONSTRAINT "articles_tenant_slug" UNIQUE("tenant","slug"),
	CONSTRAINT "articles_job_id" UNIQUE("job_id"),
	CONSTRAINT "articles_status_known" CHECK ("articles"."status" in ('draft', 'generating', 'generation_failed', 'ready_for_editorial', 'published', 'published_hidden', 'published_visible')),
	CONSTRAINT "articles_seo_score_in_range" CHECK ("articles"."seo_score" between 0 and 100)
);
--> statement-breakpoint
ALTER TABLE "articles" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "generation_job_events" (
	"job_id" text NOT NULL,
	"id" integer NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"type" text NOT NULL,
	"data" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "generation_job_events_pkey" PRIMARY KEY("job_id","id"),
	CONSTRAINT "generation_job_events_numbered_from_one" CHECK ("generation_job_events"."id" >= 1)
);
--> statement-breakpoint
ALTER TABLE "generation_job_events" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "generation_job_tombstones" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"removed_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "generation_job_tombstones" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "generation_jobs" (
	"id" text PRIMARY KEY NOT NULL,
	"topic_id" uuid,
	"article_id" uuid,
	"request_data" jsonb NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"phase" text DEFAULT 'queued' NOT NULL,
	"percentage" integer DEFAULT 0 NOT NULL,
	"current_step" text NOT NULL,
	"estimated_time_remaining" integer,
	"provider_used" text,
	"cost" numeric(20, 12) DEFAULT '0',
	"word_count" integer,
	"seo_score" integer,
	"result_data" jsonb,
	"error_message" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	"last_updated" timestamp with time zone DEFAULT now() NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"max_attempts" integer DEFAULT 3 NOT NULL,
	"last_error" text,
	"type" text NOT NULL,
	"tenant" text DEFAULT 'local' NOT NULL,
	"batch_id" text,
	"priority" integer DEFAULT 0 NOT NULL,
	"queue_job_id" uuid,
	"claim" integer,
	"requested_max_attempts" integer,
	"idempotency_key" text,
	"request_hash" text,
	"event_count" integer DEFAULT 0 NOT NULL,
	"error_code" text,
	"error_retryable" boolean,
	"provider_request_id" text,
	"next_attempt_at" timestamp with time zone,
	"waiting_for" text,
	"phase_started_at" timestamp with time zone,
	"tags" text[] DEFAULT '{}' NOT NULL,
	"webhook_url" text,
	"model" text,
	"input_tokens" integer DEFAULT 0 NOT NULL,
	"cached_input_tokens" integer DEFAULT 0 NOT NULL,
	"output_tokens" integer DEFAULT 0 NOT NULL,
	"max_cost_usd" numeric(20, 12),
	"forked_from" text,
	"supersedes" text,
	CONSTRAINT "generation_jobs_status_known" CHECK ("generation_jobs"."status" in ('pending', 'processing', 'completed', 'failed', 'cancelled')),
	CONSTRAINT "generation_jobs_percentage_in_range" CHECK ("generation_jobs"."percentage" between 0 and 100),
	CONSTRAINT "generation_jobs_seo_score_in_range" CHECK ("generation_jobs"."seo_score" between 0 and 100),
	CONSTRAINT "generation_jobs_attempts_in_range" CHECK ("generation_jobs"."attempts" between 0 and "generation_jobs"."max_attempts"),
	CONSTRAINT "generation_jobs_cost_not_negative" CHECK ("generation_jobs"."cost" >= 0),
	CONSTRAINT "generation_jobs_finished_has_time" CHECK (("generation_jobs"."status" in ('completed', 'failed', 'cancelled')) = ("generation_jobs"."completed_at" is not null)),
	CONSTRAINT "generation_jobs_live_has_queue_job" CHECK (("generation_jobs"."status" in ('pending', 'processing')) = ("generation_jobs"."queue_job_id" is not null)),
	CONSTRAINT "generation_jobs_pending_not_started" CHECK ("generation_jobs"."status" <> 'pending' or "generation_jobs"."started_at" is null),
	CONSTRAINT "generation_jobs_processing_started" CHECK ("generation_jobs"."status" not in ('processing', 'completed') or "generation_jobs"."started_at" is not null),
	CONSTRAINT "generation_jobs_completed_is_whole" CHECK (("generation_jobs"."status" = 'completed') = ("generation_jobs"."phase" = 'completed') and ("generation_jobs"."status" <> 'completed' or "generation_jobs"."percentage" = 100)),
	CONSTRAINT "generation_jobs_failed_has_reason" CHECK ("generation_jobs"."status" <> 'failed' or "generation_jobs"."error_code" is not null),
	CONSTRAINT "generation_jobs_waiting_is_live" CHECK ("generation_jobs"."waiting_for" is null or ("generation_jobs"."next_attempt_at" is not null and "generation_jobs"."status" in ('pending', 'processing')))
);
--> statement-breakpoint
ALTER TABLE "generation_jobs" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "generation_phases" (
	"job_id" text NOT NULL,
	"phase" text NOT NULL,
	"output" jsonb,
	"attempts" integer NOT NULL,
	"seconds" double precision NOT NULL,
	"completed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "generation_phases_pkey" PRIMARY KEY("job_id","phase")
);
--> statement-breakpoint
ALTER TABLE "generation_phases" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "generation_steps" (
	"job_id" text NOT NULL,
	"phase" text NOT NULL,
	"key" text NOT NULL,
	"input_hash" text NOT NULL,
	"output" jsonb,
	"attempt" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "generation_steps_pkey" PRIMARY KEY("job_id","phase","key","input_hash")
);
--> statement-breakpoint
ALTER TABLE "generation_steps" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "provider_calls" (
	"id" uuid PRIMARY KEY NOT NULL,
	"job_id" text NOT NULL,
	"tenant" text NOT NULL,
	"phase" text NOT NULL,
	"step" text NOT NULL,
	"attempt" integer NOT NULL,
	"provider" text NOT NULL,
	"model" text NOT NULL,
	"served_model" text,
	"state" text DEFAULT 'started' NOT NULL,
	"reserved_cost" numeric(20, 12),
	"cost" numeric(20, 12),
	"estimated" boolean DEFAULT false NOT NULL,
	"input_tokens" integer DEFAULT 0 NOT NULL,
	"cached_input_tokens" integer DEFAULT 0 NOT NULL,
	"cache_write_tokens" integer DEFAULT 0 NOT NULL,
	"output_tokens" integer DEFAULT 0 NOT NULL,
	"error_code" text,
	"provider_request_id" text,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "provider_calls_state_known" CHECK ("provider_calls"."state" in ('started', 'succeeded', 'failed', 'cancelled')),
	CONSTRAINT "provider_calls_finished_has_time" CHECK (("provider_calls"."state" = 'started') = ("provider_calls"."finished_at" is null)),
	CONSTRAINT "provider_calls_cost_not_negative" CHECK ("provider_calls"."cost" >= 0 and "provider_calls"."reserved_cost" >= 0)
);
--> statement-breakpoint
ALTER TABLE "provider_calls" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "topics" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant" text DEFAULT 'local' NOT NULL,
	"topic_title" text NOT NULL,
	"keywords" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"search_volume" integer,
	"competition_score" numeric(3, 2),
	"priority_score" numeric,
	"status" text DEFAULT 'pending' NOT NULL,
	"content_template" text,
	"style_preferences" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"used_at" timestamp with time zone,
	CONSTRAINT "topics_status_known" CHECK ("topics"."status" in ('pending', 'in_progress', 'completed', 'rejected'))
);
--> statement-breakpoint
ALTER TABLE "topics" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "articles" ADD CONSTRAINT "articles_source_topic_id_topics_id_fk" FOREIGN KEY ("source_topic_id") REFERENCES "public"."topics"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "generation_job_events" ADD CONSTRAINT "generation_job_events_job_id_generation_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."generation_jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "generation_jobs" ADD CONSTRAINT "generation_jobs_topic_id_topics_id_fk" FOREIGN KEY ("topic_id") REFERENCES "public"."topics"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "generation_jobs" ADD CONSTRAINT "generation_jobs_article_id_articles_id_fk" FOREIGN KEY ("article_id") REFERENCES "public"."articles"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "generation_phases" ADD CONSTRAINT "generation_phases_job_id_generation_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."generation_jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "generation_steps" ADD CONSTRAINT "generation_steps_job_id_generation_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."generation_jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "articles_source_topic_id" ON "articles" USING btree ("source_topic_id");--> statement-breakpoint
CREATE INDEX "generation_jobs_status" ON "generation_jobs" USING btree ("status");--> statement-breakpoint
CREATE INDEX "generation_jobs_phase" ON "generation_jobs" USING btree ("phase");--> statement-breakpoint
CREATE INDEX "generation_jobs_created_at" ON "generation_jobs" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "generation_jobs_topic_id" ON "generation_jobs" USING btree ("topic_id");--> statement-breakpoint
CREATE INDEX "generation_jobs_article_id" ON "generation_jobs" USING btree ("article_id");--> statement-breakpoint
CREATE INDEX "generation_jobs_tenant_id" ON "generation_jobs" USING btree ("tenant","id" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "generation_jobs_queue_job_id" ON "generation_jobs" USING btree ("queue_job_id");--> statement-breakpoint
CREATE INDEX "generation_jobs_batch_id" ON "generation_jobs" USING btree ("batch_id") WHERE "generation_jobs"."batch_id" is not null;--> statement-breakpoint
CREATE INDEX "generation_jobs_completed_at" ON "generation_jobs" USING btree ("completed_at") WHERE "generation_jobs"."completed_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "generation_jobs_idempotency_key" ON "generation_jobs" USING btree ("tenant","idempotency_key") WHERE "generation_jobs"."idempotency_key" is not null;--> statement-breakpoint
CREATE INDEX "provider_calls_job_id" ON "provider_calls" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "provider_calls_started" ON "provider_calls" USING btree ("job_id") WHERE "provider_calls"."state" = 'started';--> statement-breakpoint
CREATE INDEX "provider_calls_tenant_started_at" ON "provider_calls" USING btree ("tenant","started_at");--> statement-breakpoint
CREATE INDEX "topics_tenant_created_at" ON "topics" USING btree ("tenant","created_at" DESC NULLS LAST);