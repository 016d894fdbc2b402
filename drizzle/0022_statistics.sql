CREATE TABLE "generation_job_counts" (
	"tenant" text NOT NULL,
	"span" text NOT NULL,
	"start" timestamp with time zone NOT NULL,
	"type" text NOT NULL,
	"phase" text NOT NULL,
	"measure" text NOT NULL,
	"code" text NOT NULL,
	"count" bigint DEFAULT 0 NOT NULL,
	"amount" numeric DEFAULT '0' NOT NULL,
	"unpriced" bigint DEFAULT 0 NOT NULL,
	"histogram" jsonb,
	CONSTRAINT "generation_job_counts_pkey" PRIMARY KEY("tenant","span","start","type","phase","measure","code")
);
--> statement-breakpoint
ALTER TABLE "generation_job_counts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "provider_call_counts" (
	"tenant" text NOT NULL,
	"span" text NOT NULL,
	"start" timestamp with time zone NOT NULL,
	"type" text NOT NULL,
	"provider" text NOT NULL,
	"model" text NOT NULL,
	"calls" bigint DEFAULT 0 NOT NULL,
	"unanswered" bigint DEFAULT 0 NOT NULL,
	"unpriced" bigint DEFAULT 0 NOT NULL,
	"input_tokens" bigint DEFAULT 0 NOT NULL,
	"cached_input_tokens" bigint DEFAULT 0 NOT NULL,
	"output_tokens" bigint DEFAULT 0 NOT NULL,
	"cost" numeric(20, 12) DEFAULT '0' NOT NULL,
	CONSTRAINT "provider_call_counts_pkey" PRIMARY KEY("tenant","span","start","type","provider","model")
);
--> statement-breakpoint
ALTER TABLE "provider_call_counts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "generation_jobs" ADD COLUMN "start_after" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "generation_job_counts_start" ON "generation_job_counts" USING btree ("span","start");--> statement-breakpoint
CREATE INDEX "provider_call_counts_start" ON "provider_call_counts" USING btree ("span","start");--> statement-breakpoint
CREATE INDEX "generation_jobs_failed" ON "generation_jobs" USING btree ("completed_at") WHERE "generation_jobs"."status" = 'failed';--> statement-breakpoint
CREATE INDEX "provider_calls_finished_at" ON "provider_calls" USING btree ("finished_at");
--> statement-breakpoint
-- How long what happened in a minute, an hour and a day can be asked for.
CREATE FUNCTION statistic_spans(OUT span text, OUT kept interval) RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$
  VALUES ('minute', interval '5 hours'), ('hour', interval '7 days'), ('day', interval '400 days')
$$;
--> statement-breakpoint
-- The bucket of a histogram: each reaches from its lower bound to 2^(1/8) times that, the 0th from a second. Less than a
-- millisecond counts as one.
CREATE FUNCTION histogram_bucket(seconds numeric) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT floor(8 * ln(greatest(seconds, 0.001)::double precision) / ln(2::double precision))::integer
$$;
--> statement-breakpoint
CREATE FUNCTION add_histograms(one jsonb, other jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_object_agg(bucket, count) FROM (
    SELECT key AS bucket, sum(value::bigint) AS count
    FROM (SELECT * FROM jsonb_each_text(one) UNION ALL SELECT * FROM jsonb_each_text(other)) AS buckets
    GROUP BY key HAVING sum(value::bigint) <> 0
  ) AS summed
$$;
--> statement-breakpoint
-- What one job, or several alike, count for.
CREATE TYPE generation_job_count AS (
  tenant text, minute timestamptz, type text, phase text, measure text, code text, bucket integer, count bigint, amount numeric, unpriced bigint
);
--> statement-breakpoint
-- These three say what is counted. Without settings of their own, so that they become part of the statement that uses them.
CREATE FUNCTION generation_job_as_created(job generation_jobs) RETURNS SETOF generation_job_count LANGUAGE sql STABLE AS $$
  SELECT job.tenant, date_trunc('minute', job.created_at, 'UTC'), job.type, '', 'created', '', NULL::integer, 1::bigint, 0::numeric, 0::bigint
$$;
--> statement-breakpoint
CREATE FUNCTION generation_job_as_ended(job generation_jobs) RETURNS SETOF generation_job_count LANGUAGE sql STABLE AS $$
  SELECT job.tenant, date_trunc('minute', job.completed_at, 'UTC'), job.type, phase, measure, code, bucket, count::bigint, amount, unpriced::bigint
  FROM (
    SELECT CASE job.status WHEN 'failed' THEN job.phase ELSE '' END, job.status, CASE job.status WHEN 'failed' THEN job.error_code ELSE '' END,
      NULL::integer, 1, coalesce(job.cost, 0), CASE WHEN job.cost IS NULL THEN 1 ELSE 0 END
    UNION ALL
    SELECT '', 'processing_seconds', '', histogram_bucket(seconds), 1, seconds, 0
    FROM (SELECT extract(epoch FROM job.completed_at - job.started_at)) AS took (seconds) WHERE job.status = 'completed'
    UNION ALL
    SELECT '', 'wait_seconds', '', histogram_bucket(seconds), 1, seconds, 0
    FROM (SELECT extract(epoch FROM job.started_at - greatest(job.created_at, job.start_after))) AS waited (seconds)
    WHERE job.started_at IS NOT NULL
    UNION ALL
    -- What a forked job was given took no time, and is not counted again.
    SELECT done.phase, 'phase_seconds', '', histogram_bucket(done.seconds::numeric), 1, done.seconds::numeric, 0
    FROM generation_phases done WHERE done.job_id = job.id AND done.seconds > 0
    UNION ALL
    SELECT done.phase, 'retries', '', NULL, done.attempts - 1, 0, 0
    FROM generation_phases done WHERE done.job_id = job.id AND done.seconds > 0 AND done.attempts > 1
    UNION ALL
    SELECT job.phase, 'retries', '', NULL, job.attempts - 1, 0, 0 WHERE job.status <> 'completed' AND job.attempts > 1
  ) AS counted (phase, measure, code, bucket, count, amount, unpriced)
  WHERE job.completed_at IS NOT NULL
$$;
--> statement-breakpoint
CREATE FUNCTION provider_call_as_ended(call provider_calls) RETURNS SETOF provider_call_counts LANGUAGE sql STABLE AS $$
  SELECT call.tenant, 'minute', date_trunc('minute', call.finished_at, 'UTC'),
    coalesce((SELECT job.type FROM generation_jobs job WHERE job.id = call.job_id), ''), call.provider, call.model, 1::bigint,
    CASE call.state WHEN 'succeeded' THEN 0 ELSE 1 END::bigint, CASE WHEN call.cost IS NULL THEN 1 ELSE 0 END::bigint,
    call.input_tokens::bigint, call.cached_input_tokens::bigint, call.output_tokens::bigint, coalesce(call.cost, 0)
  WHERE call.finished_at IS NOT NULL
$$;
--> statement-breakpoint
-- Add what was counted to its minute, hour and day, of its tenant and of all; in one order, so that two that add wait for
-- each other and are no deadlock.
CREATE FUNCTION add_to_generation_job_counts(counted generation_job_count[]) RETURNS void LANGUAGE sql
SET search_path FROM CURRENT AS $$
  INSERT INTO generation_job_counts AS known (tenant, span, start, type, phase, measure, code, count, amount, unpriced, histogram)
  SELECT whose, span, start, type, phase, measure, code, sum(count), sum(amount), sum(unpriced),
    jsonb_object_agg(bucket, count) FILTER (WHERE bucket IS NOT NULL)
  FROM (
    SELECT whose, span, date_trunc(span, minute, 'UTC') AS start, type, phase, measure, code, bucket,
      sum(count) AS count, sum(amount) AS amount, sum(unpriced) AS unpriced
    FROM unnest(counted) AS each, statistic_spans() AS spans, LATERAL (VALUES (tenant), ('')) AS tenants (whose)
    WHERE date_trunc(span, minute, 'UTC') > now() - kept
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
  ) AS summed
  GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (tenant, span, start, type, phase, measure, code) DO UPDATE SET
    count = known.count + excluded.count, amount = known.amount + excluded.amount, unpriced = known.unpriced + excluded.unpriced,
    histogram = CASE WHEN known.histogram IS NULL THEN excluded.histogram WHEN excluded.histogram IS NULL THEN known.histogram
      ELSE add_histograms(known.histogram, excluded.histogram) END
$$;
--> statement-breakpoint
CREATE FUNCTION add_to_provider_call_counts(counted provider_call_counts[]) RETURNS void LANGUAGE sql
SET search_path FROM CURRENT AS $$
  INSERT INTO provider_call_counts AS known
  SELECT whose, spans.span, date_trunc(spans.span, start, 'UTC'), type, provider, model, sum(calls), sum(unanswered), sum(unpriced),
    sum(input_tokens), sum(cached_input_tokens), sum(output_tokens), sum(cost)
  FROM unnest(counted) AS count_of_minute, statistic_spans() AS spans, LATERAL (VALUES (tenant), ('')) AS tenants (whose)
  WHERE date_trunc(spans.span, start, 'UTC') > now() - spans.kept
  GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (tenant, span, start, type, provider, model) DO UPDATE SET
    calls = known.calls + excluded.calls, unanswered = known.unanswered + excluded.unanswered,
    unpriced = known.unpriced + excluded.unpriced, input_tokens = known.input_tokens + excluded.input_tokens,
    cached_input_tokens = known.cached_input_tokens + excluded.cached_input_tokens,
    output_tokens = known.output_tokens + excluded.output_tokens, cost = known.cost + excluded.cost
$$;
--> statement-breakpoint
-- As before, and counts what outlives the jobs for the same time: 5,000 jobs or calls at a time, not a day of them.
CREATE OR REPLACE FUNCTION roll_up_generation_jobs() RETURNS boolean LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  most constant integer := 5000;
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
    (SELECT created_at FROM generation_jobs WHERE created_at >= since ORDER BY created_at OFFSET most LIMIT 1),
    (SELECT completed_at FROM generation_jobs WHERE completed_at >= since ORDER BY completed_at OFFSET most LIMIT 1),
    (SELECT finished_at FROM provider_calls WHERE finished_at >= since ORDER BY finished_at OFFSET most LIMIT 1)
  ) INTO upto;
  -- More than that may have happened in one transaction.
  upto := greatest(upto, since + interval '1 microsecond');
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
  PERFORM add_to_generation_job_counts(
    array_agg(ROW(tenant, minute, type, phase, measure, code, bucket, count, amount, unpriced)::generation_job_count))
  FROM (
    SELECT tenant, minute, type, phase, measure, code, bucket, sum(count) AS count, sum(amount) AS amount, sum(unpriced) AS unpriced
    FROM (
      SELECT counted.* FROM generation_jobs job, generation_job_as_created(job) AS counted
      WHERE job.created_at >= since AND job.created_at < upto
      UNION ALL
      SELECT counted.* FROM generation_jobs job, generation_job_as_ended(job) AS counted
      WHERE job.completed_at >= since AND job.completed_at < upto
    ) AS each GROUP BY 1, 2, 3, 4, 5, 6, 7
  ) AS counted;
  PERFORM add_to_provider_call_counts(array_agg(counted))
  FROM provider_calls call, provider_call_as_ended(call) AS counted
  WHERE call.finished_at >= since AND call.finished_at < upto;
  DELETE FROM generation_job_counts USING statistic_spans() AS spans
  WHERE generation_job_counts.span = spans.span AND start < now() - spans.kept;
  DELETE FROM provider_call_counts USING statistic_spans() AS spans
  WHERE provider_call_counts.span = spans.span AND start < now() - spans.kept;
  UPDATE generation_job_roll_up SET until = upto;
  RETURN upto < settled;
END
$$;
--> statement-breakpoint
-- What was counted stays when a job is removed, and what was not is counted now.
CREATE FUNCTION generation_job_counts_follow_removal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  rolled timestamptz;
BEGIN
  SELECT until INTO rolled FROM generation_job_roll_up FOR SHARE;
  PERFORM add_to_generation_job_counts(array_agg(counted::generation_job_count)) FROM (
    SELECT counted.* FROM removed, generation_job_as_created(removed::generation_jobs) AS counted WHERE removed.created_at >= rolled
    UNION ALL
    SELECT counted.* FROM removed, generation_job_as_ended(removed::generation_jobs) AS counted WHERE removed.completed_at >= rolled
  ) AS counted HAVING count(*) > 0;
  RETURN NULL;
END
$$;
--> statement-breakpoint
-- By its name before `generation_records_follow_job`, which removes the phases.
CREATE TRIGGER generation_job_counts_follow_removal AFTER DELETE ON generation_jobs
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION generation_job_counts_follow_removal();
--> statement-breakpoint
-- An emptied table begins anew.
CREATE FUNCTION statistics_follow_truncation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM generation_job_counts;
  DELETE FROM provider_call_counts;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER statistics_follow_truncation AFTER TRUNCATE ON generation_jobs
  FOR EACH STATEMENT EXECUTE FUNCTION statistics_follow_truncation();
--> statement-breakpoint
-- A job that was counted and is resumed or mended is counted as it is now. Its name comes before that of the hours, which
-- take a weaker lock on the same row: the other way round two transactions would wait for each other.
CREATE FUNCTION generation_job_counts_follow_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  rolled timestamptz;
BEGIN
  SELECT until INTO rolled FROM generation_job_roll_up FOR NO KEY UPDATE;
  PERFORM add_to_generation_job_counts(
    array_agg(ROW(tenant, minute, type, phase, measure, code, bucket, sign * count, sign * amount, sign * unpriced)::generation_job_count))
  FROM (
    SELECT -1 AS sign, counted.* FROM generation_job_as_ended(old) AS counted WHERE old.completed_at < rolled
    UNION ALL
    SELECT 1, counted.* FROM generation_job_as_ended(new) AS counted WHERE new.completed_at < rolled
  ) AS change HAVING count(*) > 0;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER generation_job_counts_follow_change AFTER UPDATE ON generation_jobs FOR EACH ROW
  WHEN (old.completed_at IS NOT NULL
    AND (old.completed_at, old.started_at, old.status, old.cost) IS DISTINCT FROM (new.completed_at, new.started_at, new.status, new.cost))
  EXECUTE FUNCTION generation_job_counts_follow_change();
--> statement-breakpoint
-- The end of a call may be written after it was given up.
CREATE FUNCTION provider_call_counts_follow_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  rolled timestamptz;
BEGIN
  SELECT until INTO rolled FROM generation_job_roll_up FOR NO KEY UPDATE;
  PERFORM add_to_provider_call_counts(array_agg(ROW(tenant, span, start, type, provider, model, sign * calls, sign * unanswered,
    sign * unpriced, sign * input_tokens, sign * cached_input_tokens, sign * output_tokens, sign * cost)::provider_call_counts))
  FROM (
    SELECT -1 AS sign, counted.* FROM provider_call_as_ended(old) AS counted WHERE old.finished_at < rolled
    UNION ALL
    SELECT 1, counted.* FROM provider_call_as_ended(new) AS counted WHERE new.finished_at < rolled
  ) AS change HAVING count(*) > 0;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER provider_call_counts_follow_change AFTER UPDATE ON provider_calls FOR EACH ROW WHEN (old.finished_at IS NOT NULL)
  EXECUTE FUNCTION provider_call_counts_follow_change();
--> statement-breakpoint
-- Everything is counted once more, into the hours too.
DELETE FROM generation_job_hours;
--> statement-breakpoint
UPDATE generation_job_roll_up SET until = '-infinity';
