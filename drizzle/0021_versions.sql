ALTER TABLE "generation_jobs" ADD COLUMN "input_version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "generation_phases" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;