ALTER TABLE "generation_jobs" ADD COLUMN "worker_id" uuid;--> statement-breakpoint
ALTER TABLE "workers" ADD COLUMN "holds_lock" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "workers" ADD COLUMN "gone_at" timestamp with time zone;