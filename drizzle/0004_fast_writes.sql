DROP INDEX "generation_jobs_status";--> statement-breakpoint
DROP INDEX "generation_jobs_phase";--> statement-breakpoint
DROP INDEX "generation_jobs_queue_job_id";--> statement-breakpoint
DROP INDEX "generation_jobs_topic_id";--> statement-breakpoint
DROP INDEX "generation_jobs_article_id";--> statement-breakpoint
DROP INDEX "generation_jobs_batch_id";--> statement-breakpoint
CREATE INDEX "generation_jobs_tenant_status_id" ON "generation_jobs" USING btree ("tenant","status","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "generation_jobs_tenant_type_id" ON "generation_jobs" USING btree ("tenant","type","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "generation_jobs_tags" ON "generation_jobs" USING gin ("tags") WHERE "generation_jobs"."tags" <> '{}';--> statement-breakpoint
CREATE INDEX "generation_jobs_live" ON "generation_jobs" USING btree ("status","priority" DESC NULLS LAST,"id") WHERE "generation_jobs"."status" in ('pending', 'processing');--> statement-breakpoint
CREATE INDEX "generation_jobs_type_completed_at" ON "generation_jobs" USING btree ("type","completed_at" DESC NULLS LAST) WHERE "generation_jobs"."status" = 'completed';--> statement-breakpoint
CREATE INDEX "generation_jobs_topic_id" ON "generation_jobs" USING btree ("topic_id") WHERE "generation_jobs"."topic_id" is not null;--> statement-breakpoint
CREATE INDEX "generation_jobs_article_id" ON "generation_jobs" USING btree ("article_id") WHERE "generation_jobs"."article_id" is not null;--> statement-breakpoint
CREATE INDEX "generation_jobs_batch_id" ON "generation_jobs" USING btree ("batch_id","id" DESC NULLS LAST) WHERE "generation_jobs"."batch_id" is not null;--> statement-breakpoint
-- Room in each page for the new versions of rows that change about ten times in their life.
ALTER TABLE generation_jobs SET (fillfactor = 70);
