CREATE TABLE "tenant_turns" (
	"queue" text NOT NULL,
	"priority" integer NOT NULL,
	"tenant" text NOT NULL,
	"start" integer NOT NULL,
	"finish" integer NOT NULL,
	CONSTRAINT "tenant_turns_pkey" PRIMARY KEY("queue","priority","tenant")
);
--> statement-breakpoint
ALTER TABLE "tenant_turns" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
DROP INDEX "generation_jobs_live";--> statement-breakpoint
ALTER TABLE "generation_jobs" ADD COLUMN "rank" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "used_day" date;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "used_usd" numeric(20, 12) DEFAULT '0' NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "weight" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "max_running" integer;--> statement-breakpoint
CREATE INDEX "generation_jobs_live" ON "generation_jobs" USING btree ("status","rank" DESC NULLS LAST,"id") WHERE "generation_jobs"."status" in ('pending', 'processing');--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_weight_in_range" CHECK ("tenants"."weight" between 1 and 100);--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_max_running_not_negative" CHECK ("tenants"."max_running" >= 0);--> statement-breakpoint
-- What is kept as a figure from now on, was summed up until now.
UPDATE tenants SET used_day = (now() AT TIME ZONE 'UTC')::date, used_usd = (
  SELECT coalesce(sum(coalesce(cost, reserved_cost)), 0) FROM provider_calls
  WHERE tenant = tenants.id AND started_at >= date_trunc('day', now(), 'UTC')
) WHERE daily_budget_usd IS NOT NULL;
--> statement-breakpoint
UPDATE generation_jobs SET rank = priority WHERE status IN ('pending', 'processing') AND priority <> 0;
