ALTER TABLE "generation_jobs" DROP CONSTRAINT "generation_jobs_waiting_is_live";--> statement-breakpoint
ALTER TABLE "generation_jobs" ADD COLUMN "parent_id" text;--> statement-breakpoint
ALTER TABLE "generation_jobs" ADD COLUMN "parent_phase" text;--> statement-breakpoint
ALTER TABLE "generation_jobs" ADD COLUMN "spawn" text;--> statement-breakpoint
ALTER TABLE "generation_jobs" ADD COLUMN "spawn_place" integer;--> statement-breakpoint
ALTER TABLE "generation_jobs" ADD COLUMN "children_cost" numeric(20, 12) DEFAULT '0';--> statement-breakpoint
CREATE UNIQUE INDEX "generation_jobs_spawned" ON "generation_jobs" USING btree ("parent_id","parent_phase","spawn","spawn_place") WHERE "generation_jobs"."parent_id" is not null;--> statement-breakpoint
CREATE INDEX "generation_jobs_live_children" ON "generation_jobs" USING btree ("parent_id") WHERE "generation_jobs"."parent_id" is not null and "generation_jobs"."completed_at" is null;--> statement-breakpoint
CREATE INDEX "generation_jobs_waiting_for_children" ON "generation_jobs" USING btree ("id") WHERE "generation_jobs"."waiting_for" = 'children';--> statement-breakpoint
ALTER TABLE "generation_jobs" ADD CONSTRAINT "generation_jobs_waiting_is_live" CHECK ("generation_jobs"."waiting_for" is null or ("generation_jobs"."status" in ('pending', 'processing') and ("generation_jobs"."next_attempt_at" is not null or "generation_jobs"."waiting_for" in ('tenant_limit', 'children'))));