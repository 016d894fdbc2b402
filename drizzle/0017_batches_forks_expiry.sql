CREATE TABLE "batches" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"tags" text[] DEFAULT '{}' NOT NULL,
	"job_count" integer NOT NULL,
	"live" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"completed_at" timestamp with time zone,
	"idempotency_key" text,
	"request_hash" text,
	CONSTRAINT "batches_live_in_range" CHECK ("batches"."live" between 0 and "batches"."job_count")
);
--> statement-breakpoint
ALTER TABLE "batches" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "generation_jobs" ADD COLUMN "start_before" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "batches_tenant_id" ON "batches" USING btree ("tenant","id" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "batches_idempotency_key" ON "batches" USING btree ("tenant","idempotency_key") WHERE "batches"."idempotency_key" is not null;--> statement-breakpoint
CREATE INDEX "generation_jobs_start_before" ON "generation_jobs" USING btree ("start_before") WHERE "generation_jobs"."status" = 'pending' and "generation_jobs"."start_before" is not null;--> statement-breakpoint
-- A batch counts its jobs that are not finished, in the statement that finishes or resumes one, and completes once.
CREATE FUNCTION batches_follow_generation_jobs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE batches
  SET live = live + change,
    completed_at = CASE WHEN live + change = 0 THEN coalesce(completed_at, now()) ELSE completed_at END
  FROM (SELECT CASE WHEN new.status IN ('completed', 'failed', 'cancelled') THEN -1 ELSE 1 END AS change) AS step
  WHERE id = new.batch_id;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER batches_follow_ended_or_resumed_job AFTER UPDATE OF status ON generation_jobs
  FOR EACH ROW WHEN (
    new.batch_id IS NOT NULL
    AND (new.status IN ('completed', 'failed', 'cancelled')) <> (old.status IN ('completed', 'failed', 'cancelled'))
  ) EXECUTE FUNCTION batches_follow_generation_jobs();
--> statement-breakpoint
CREATE OR REPLACE FUNCTION generation_records_follow_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM generation_job_events WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM generation_phases WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM generation_steps WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM step_waits WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM batches WHERE id IN (SELECT batch_id FROM removed)
    AND NOT EXISTS (SELECT FROM generation_jobs WHERE batch_id = batches.id);
  RETURN NULL;
END
$$;
--> statement-breakpoint
INSERT INTO batches (id, tenant, job_count, live, created_at, completed_at)
SELECT batch_id, min(tenant), count(*), count(*) FILTER (WHERE completed_at IS NULL), min(created_at),
  CASE WHEN bool_and(completed_at IS NOT NULL) THEN max(completed_at) END
FROM generation_jobs WHERE batch_id IS NOT NULL GROUP BY batch_id;
