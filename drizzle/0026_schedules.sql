CREATE TABLE "schedules" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"type" text NOT NULL,
	"input" jsonb NOT NULL,
	"cron" text NOT NULL,
	"time_zone" text NOT NULL,
	"missed" text NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL,
	"max_cost_usd" numeric(20, 12),
	"tags" text[] DEFAULT '{}' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"next_run_at" timestamp with time zone,
	"last_run_at" timestamp with time zone,
	"last_job_id" text,
	"missed_count" integer DEFAULT 0 NOT NULL,
	"last_missed_at" timestamp with time zone,
	"last_error" jsonb,
	CONSTRAINT "schedules_missed_known" CHECK ("schedules"."missed" in ('skip', 'once')),
	CONSTRAINT "schedules_run_has_job" CHECK (("schedules"."last_run_at" is null) = ("schedules"."last_job_id" is null))
);
--> statement-breakpoint
ALTER TABLE "schedules" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "generation_jobs" ADD COLUMN "schedule_id" uuid;--> statement-breakpoint
CREATE INDEX "schedules_tenant_id" ON "schedules" USING btree ("tenant","id");--> statement-breakpoint
CREATE INDEX "schedules_next_run_at" ON "schedules" USING btree ("next_run_at") WHERE "schedules"."next_run_at" is not null;--> statement-breakpoint
CREATE INDEX "generation_jobs_schedule_id" ON "generation_jobs" USING btree ("schedule_id","id" DESC NULLS LAST) WHERE "generation_jobs"."schedule_id" is not null;