CREATE TABLE "generation_job_hours" (
	"hour" timestamp with time zone NOT NULL,
	"tenant" text NOT NULL,
	"type" text NOT NULL,
	"created" integer DEFAULT 0 NOT NULL,
	"completed" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"cancelled" integer DEFAULT 0 NOT NULL,
	"processing_seconds" double precision DEFAULT 0 NOT NULL,
	CONSTRAINT "generation_job_hours_pkey" PRIMARY KEY("hour","tenant","type")
);
--> statement-breakpoint
ALTER TABLE "generation_job_hours" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "generation_job_roll_up" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"until" timestamp with time zone DEFAULT '-infinity' NOT NULL,
	CONSTRAINT "generation_job_roll_up_is_one_row" CHECK ("generation_job_roll_up"."is_only")
);
--> statement-breakpoint
ALTER TABLE "generation_job_roll_up" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
INSERT INTO generation_job_roll_up DEFAULT VALUES;
--> statement-breakpoint
-- Adds to the hours, in one order, so that two that add wait for each other and are no deadlock.
CREATE FUNCTION add_to_generation_job_hours(counts generation_job_hours[]) RETURNS void LANGUAGE sql
SET search_path FROM CURRENT AS $$
  INSERT INTO generation_job_hours AS hours
  SELECT hour, tenant, type, sum(created), sum(completed), sum(failed), sum(cancelled), sum(processing_seconds)
  FROM unnest(counts) AS count GROUP BY hour, tenant, type ORDER BY hour, tenant, type
  ON CONFLICT (hour, tenant, type) DO UPDATE SET
    created = hours.created + excluded.created,
    completed = hours.completed + excluded.completed,
    failed = hours.failed + excluded.failed,
    cancelled = hours.cancelled + excluded.cancelled,
    processing_seconds = hours.processing_seconds + excluded.processing_seconds
$$;
--> statement-breakpoint
-- Counts what was created and what ended since the last time, a day at most. Returns whether there is more. Takes no
-- moment at which a transaction that is still open may have begun: its rows are not visible yet.
CREATE FUNCTION roll_up_generation_jobs() RETURNS boolean LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  since timestamptz;
  settled timestamptz;
  upto timestamptz;
BEGIN
  SELECT until INTO since FROM generation_job_roll_up FOR UPDATE;
  SELECT least(now() - interval '5 minutes', min(xact_start)) INTO settled FROM pg_stat_activity
  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid();
  IF settled <= since THEN RETURN false; END IF;
  SELECT least(
    settled,
    (SELECT min(created_at) FROM generation_jobs WHERE created_at >= since) + interval '1 day',
    (SELECT min(completed_at) FROM generation_jobs WHERE completed_at >= since) + interval '1 day'
  ) INTO upto;
  PERFORM add_to_generation_job_hours(array_agg(ROW(hour, tenant, type, created, completed, failed, cancelled, seconds)::generation_job_hours))
  FROM (
    SELECT date_trunc('hour', created_at, 'UTC') AS hour, tenant, type, count(*) AS created,
      0 AS completed, 0 AS failed, 0 AS cancelled, 0 AS seconds
    FROM generation_jobs WHERE created_at >= since AND created_at < upto GROUP BY 1, 2, 3
    UNION ALL
    SELECT date_trunc('hour', completed_at, 'UTC'), tenant, type, 0,
      count(*) FILTER (WHERE status = 'completed'), count(*) FILTER (WHERE status = 'failed'),
      count(*) FILTER (WHERE status = 'cancelled'),
      coalesce(sum(extract(epoch FROM completed_at - started_at)) FILTER (WHERE status = 'completed'), 0)
    FROM generation_jobs WHERE completed_at >= since AND completed_at < upto GROUP BY 1, 2, 3
  ) AS counted;
  UPDATE generation_job_roll_up SET until = upto;
  RETURN upto < settled;
END
$$;
--> statement-breakpoint
-- What a removed, resumed or mended job has in the hours changes with it.
CREATE FUNCTION generation_job_hours_follow_removal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  rolled timestamptz;
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    DELETE FROM generation_job_hours;
    UPDATE generation_job_roll_up SET until = '-infinity';
    RETURN NULL;
  END IF;
  SELECT until INTO rolled FROM generation_job_roll_up FOR SHARE;
  PERFORM add_to_generation_job_hours(array_agg(ROW(hour, tenant, type, created, completed, failed, cancelled, seconds)::generation_job_hours))
  FROM (
    SELECT date_trunc('hour', created_at, 'UTC') AS hour, tenant, type, -1 AS created,
      0 AS completed, 0 AS failed, 0 AS cancelled, 0 AS seconds
    FROM removed WHERE created_at < rolled
    UNION ALL
    SELECT date_trunc('hour', completed_at, 'UTC'), tenant, type, 0,
      CASE status WHEN 'completed' THEN -1 ELSE 0 END, CASE status WHEN 'failed' THEN -1 ELSE 0 END,
      CASE status WHEN 'cancelled' THEN -1 ELSE 0 END,
      CASE status WHEN 'completed' THEN -coalesce(extract(epoch FROM completed_at - started_at), 0) ELSE 0 END
    FROM removed WHERE completed_at < rolled
  ) AS counted;
  DELETE FROM generation_job_hours
  WHERE hour IN (SELECT date_trunc('hour', moment, 'UTC') FROM removed, LATERAL (VALUES (created_at), (completed_at)) AS at (moment))
    AND (created, completed, failed, cancelled) = (0, 0, 0, 0);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER generation_job_hours_follow_removal AFTER DELETE ON generation_jobs
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION generation_job_hours_follow_removal();
--> statement-breakpoint
CREATE TRIGGER generation_job_hours_follow_truncation AFTER TRUNCATE ON generation_jobs
  FOR EACH STATEMENT EXECUTE FUNCTION generation_job_hours_follow_removal();
--> statement-breakpoint
CREATE FUNCTION generation_job_hours_follow_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM add_to_generation_job_hours(array_agg(ROW(
    date_trunc('hour', completed_at, 'UTC'), tenant, type, 0,
    CASE status WHEN 'completed' THEN sign ELSE 0 END, CASE status WHEN 'failed' THEN sign ELSE 0 END,
    CASE status WHEN 'cancelled' THEN sign ELSE 0 END,
    CASE status WHEN 'completed' THEN sign * coalesce(extract(epoch FROM completed_at - started_at), 0) ELSE 0 END
  )::generation_job_hours))
  FROM (VALUES
    (-1, old.tenant, old.type, old.status, old.started_at, old.completed_at),
    (1, new.tenant, new.type, new.status, new.started_at, new.completed_at)
  ) AS change (sign, tenant, type, status, started_at, completed_at)
  WHERE completed_at < (SELECT until FROM generation_job_roll_up FOR SHARE);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER generation_job_hours_follow_change AFTER UPDATE ON generation_jobs FOR EACH ROW
  WHEN (old.completed_at IS NOT NULL
    AND (old.completed_at, old.started_at, old.status) IS DISTINCT FROM (new.completed_at, new.started_at, new.status))
  EXECUTE FUNCTION generation_job_hours_follow_change();
--> statement-breakpoint
-- What the hours hold, and from the jobs what they do not hold yet.
CREATE OR REPLACE VIEW generation_job_stats WITH (security_invoker = true) AS
WITH rolled AS (
  SELECT coalesce(sum(completed), 0) AS completed, coalesce(sum(failed), 0) AS failed,
    coalesce(sum(cancelled), 0) AS cancelled, coalesce(sum(processing_seconds), 0) AS seconds,
    coalesce(sum(created) FILTER (WHERE hour > now() - interval '1 day'), 0) AS created
  FROM generation_job_hours
), recent AS (
  SELECT count(*) FILTER (WHERE status = 'completed') AS completed, count(*) FILTER (WHERE status = 'failed') AS failed,
    count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
    coalesce(sum(extract(epoch FROM completed_at - started_at)) FILTER (WHERE status = 'completed'), 0) AS seconds
  FROM generation_jobs WHERE completed_at >= (SELECT until FROM generation_job_roll_up)
), live AS (
  SELECT count(*) FILTER (WHERE status = 'pending') AS pending, count(*) FILTER (WHERE status = 'processing') AS processing
  FROM generation_jobs WHERE status IN ('pending', 'processing')
), created AS (
  SELECT
    (SELECT count(*) FROM generation_jobs WHERE created_at > now() - interval '1 hour') AS last_hour,
    (SELECT count(*) FROM generation_jobs
      WHERE created_at >= (SELECT until FROM generation_job_roll_up) AND created_at > now() - interval '1 day')
    -- The first hour of the day is cut by its beginning.
    + (SELECT count(*) FROM generation_jobs WHERE created_at > now() - interval '1 day' AND created_at < least(
      (SELECT until FROM generation_job_roll_up),
      date_trunc('hour', now() - interval '1 day', 'UTC') + interval '1 hour'))
    + (SELECT created FROM rolled) AS last_day
)
SELECT
  (live.pending + live.processing + rolled.completed + recent.completed + rolled.failed + recent.failed
    + rolled.cancelled + recent.cancelled)::integer AS total_jobs,
  live.pending::integer AS pending_jobs,
  live.processing::integer AS processing_jobs,
  (rolled.completed + recent.completed)::integer AS completed_jobs,
  (rolled.failed + recent.failed)::integer AS failed_jobs,
  (rolled.cancelled + recent.cancelled)::integer AS cancelled_jobs,
  ((rolled.seconds + recent.seconds) / nullif(rolled.completed + recent.completed, 0))::double precision
    AS avg_processing_seconds,
  created.last_hour::integer AS jobs_last_hour,
  created.last_day::integer AS jobs_last_day
FROM rolled, recent, live, created;
--> statement-breakpoint
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'authenticated') THEN
    GRANT SELECT ON generation_job_hours, generation_job_roll_up TO authenticated;
    CREATE POLICY generation_job_hours_of_tenant ON generation_job_hours FOR SELECT TO authenticated
      USING (tenant = coalesce(nullif(current_setting('app.tenant_id', true), ''), 'local'));
    CREATE POLICY generation_job_roll_up_of_all ON generation_job_roll_up FOR SELECT TO authenticated USING (true);
  END IF;
END
$$;
