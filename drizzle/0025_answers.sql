CREATE TABLE "generation_answers" (
	"job_id" text NOT NULL,
	"phase" text NOT NULL,
	"name" text NOT NULL,
	"schema" jsonb NOT NULL,
	"question" text,
	"content" text,
	"until" timestamp with time zone NOT NULL,
	"asked_at" timestamp with time zone DEFAULT now() NOT NULL,
	"answer" jsonb,
	"answered_at" timestamp with time zone,
	"closed_at" timestamp with time zone,
	"refusal" text,
	CONSTRAINT "generation_answers_pkey" PRIMARY KEY("job_id","phase","name"),
	CONSTRAINT "generation_answers_given_has_time" CHECK (("generation_answers"."answer" is null) = ("generation_answers"."answered_at" is null)),
	CONSTRAINT "generation_answers_given_or_closed" CHECK ("generation_answers"."answered_at" is null or "generation_answers"."closed_at" is null)
);
--> statement-breakpoint
ALTER TABLE "generation_answers" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION generation_records_follow_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM generation_job_events WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM generation_phases WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM generation_steps WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM generation_answers WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM step_waits WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM batches WHERE id IN (SELECT batch_id FROM removed)
    AND NOT EXISTS (SELECT FROM generation_jobs WHERE batch_id = batches.id);
  RETURN NULL;
END
$$;
