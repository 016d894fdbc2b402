ALTER TABLE "tenants" ADD COLUMN "used_day" date;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "used_usd" numeric(20, 12) DEFAULT '0' NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "weight" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "max_running" integer;--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_weight_in_range" CHECK ("tenants"."weight" between 1 and 1000);--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_max_running_not_negative" CHECK ("tenants"."max_running" >= 0);--> statement-breakpoint
-- What is kept as a figure from now on, was summed up until now.
UPDATE tenants SET used_day = (now() AT TIME ZONE 'UTC')::date, used_usd = (
  SELECT coalesce(sum(coalesce(cost, reserved_cost)), 0) FROM provider_calls
  WHERE tenant = tenants.id AND started_at >= date_trunc('day', now(), 'UTC')
) WHERE daily_budget_usd IS NOT NULL;
