CREATE TABLE "webhook_deliveries" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant" text NOT NULL,
	"endpoint_id" uuid,
	"url" text NOT NULL,
	"type" text NOT NULL,
	"job_id" text,
	"batch_id" text,
	"payload" jsonb,
	"queue_job_id" uuid,
	"state" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"last_status" integer,
	"last_error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"next_attempt_at" timestamp with time zone,
	"delivered_at" timestamp with time zone,
	CONSTRAINT "webhook_deliveries_state_known" CHECK ("webhook_deliveries"."state" in ('pending', 'delivered', 'failed')),
	CONSTRAINT "webhook_deliveries_one_subject" CHECK (("webhook_deliveries"."job_id" is null) <> ("webhook_deliveries"."batch_id" is null)),
	CONSTRAINT "webhook_deliveries_delivered_has_time" CHECK (("webhook_deliveries"."state" = 'delivered') <= ("webhook_deliveries"."delivered_at" is not null)),
	CONSTRAINT "webhook_deliveries_queued_has_payload" CHECK (("webhook_deliveries"."queue_job_id" is null) = ("webhook_deliveries"."payload" is null))
);
--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "webhook_endpoints" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"url" text NOT NULL,
	"events" text[] NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "webhook_endpoints" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_unqueued" ON "webhook_deliveries" USING btree ("created_at") WHERE "webhook_deliveries"."queue_job_id" is null;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_job_id" ON "webhook_deliveries" USING btree ("job_id") WHERE "webhook_deliveries"."job_id" is not null;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_batch_id" ON "webhook_deliveries" USING btree ("batch_id") WHERE "webhook_deliveries"."batch_id" is not null;--> statement-breakpoint
CREATE INDEX "webhook_endpoints_tenant" ON "webhook_endpoints" USING btree ("tenant");--> statement-breakpoint
-- In the statement that ends a job, so that no event is lost or written twice, and no transition knows of webhooks.
CREATE FUNCTION webhook_deliveries_follow_generation_jobs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO webhook_deliveries (tenant, endpoint_id, url, type, job_id)
  SELECT tenant, id, url, 'job.' || new.status, new.id
  FROM webhook_endpoints WHERE tenant = new.tenant AND 'job.' || new.status = ANY (events)
  UNION ALL
  SELECT new.tenant, NULL, new.webhook_url, 'job.' || new.status, new.id WHERE new.webhook_url IS NOT NULL;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER webhook_deliveries_follow_ended_job AFTER UPDATE OF status ON generation_jobs
  FOR EACH ROW WHEN (
    new.status IN ('completed', 'failed', 'cancelled') AND old.status NOT IN ('completed', 'failed', 'cancelled')
  ) EXECUTE FUNCTION webhook_deliveries_follow_generation_jobs();
--> statement-breakpoint
CREATE FUNCTION webhook_deliveries_follow_batches() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO webhook_deliveries (tenant, endpoint_id, url, type, batch_id)
  SELECT tenant, id, url, 'batch.completed', new.id
  FROM webhook_endpoints WHERE tenant = new.tenant AND 'batch.completed' = ANY (events);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER webhook_deliveries_follow_completed_batch AFTER UPDATE OF completed_at ON batches
  FOR EACH ROW WHEN (old.completed_at IS NULL AND new.completed_at IS NOT NULL)
  EXECUTE FUNCTION webhook_deliveries_follow_batches();
--> statement-breakpoint
CREATE FUNCTION webhook_deliveries_follow_removed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM webhook_deliveries WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM webhook_deliveries WHERE batch_id IN (SELECT id FROM removed);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER webhook_deliveries_follow_removed AFTER DELETE ON generation_jobs
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION webhook_deliveries_follow_removed();
--> statement-breakpoint
CREATE TRIGGER webhook_deliveries_follow_removed AFTER DELETE ON batches
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION webhook_deliveries_follow_removed();
