CREATE TABLE "step_waits" (
	"job_id" text NOT NULL,
	"phase" text NOT NULL,
	"step" text NOT NULL,
	"call" integer NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "step_waits_pkey" PRIMARY KEY("job_id","phase","step","call")
);
--> statement-breakpoint
ALTER TABLE "step_waits" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "provider_calls" ADD COLUMN "served_tier" text;--> statement-breakpoint
CREATE OR REPLACE FUNCTION generation_records_follow_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM generation_job_events WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM generation_phases WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM generation_steps WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM step_waits WHERE job_id IN (SELECT id FROM removed);
  RETURN NULL;
END
$$;
