-- As before, and several times faster over what is old, as after an upgrade or an import: by the hour or day at once, in larger
-- pieces, and not compiled, which takes longer than to run it.
CREATE OR REPLACE FUNCTION roll_up_generation_jobs() RETURNS boolean LANGUAGE plpgsql SET search_path FROM CURRENT SET jit = off AS $$
DECLARE
  most integer := 5000;
  since timestamptz;
  settled timestamptz;
  upto timestamptz;
  grain text;
BEGIN
  SELECT until INTO since FROM generation_job_roll_up FOR UPDATE;
  SELECT least(now() - interval '5 minutes', min(xact_start)) INTO settled FROM pg_stat_activity
  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid();
  IF settled <= since THEN RETURN false; END IF;
  IF since < now() - interval '1 day' THEN most := 10000; END IF;
  SELECT least(
    settled,
    (SELECT created_at FROM generation_jobs WHERE created_at >= since ORDER BY created_at OFFSET most LIMIT 1),
    (SELECT completed_at FROM generation_jobs WHERE completed_at >= since ORDER BY completed_at OFFSET most LIMIT 1),
    (SELECT finished_at FROM provider_calls WHERE finished_at >= since ORDER BY finished_at OFFSET most LIMIT 1),
    -- What is too old for its minutes or hours to be kept comes by itself. Not once more, since time goes on.
    (SELECT min(now() - kept) FROM statistic_spans() WHERE now() - kept > since + interval '1 hour')
  ) INTO upto;
  -- More than that may have happened in one transaction.
  upto := greatest(upto, since + interval '1 microsecond');
  -- It is counted by the hour or day at once: of those there are fifty times fewer.
  SELECT span INTO grain FROM statistic_spans() WHERE span = 'day' OR upto > now() - kept ORDER BY kept LIMIT 1;
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
    SELECT tenant, date_trunc(grain, minute, 'UTC') AS minute, type, phase, measure, code, bucket,
      sum(count) AS count, sum(amount) AS amount, sum(unpriced) AS unpriced
    FROM (
      SELECT counted.* FROM generation_jobs job, generation_job_as_created(job) AS counted
      WHERE job.created_at >= since AND job.created_at < upto
      UNION ALL
      SELECT counted.* FROM generation_jobs job, generation_job_as_ended(job) AS counted
      WHERE job.completed_at >= since AND job.completed_at < upto
    ) AS each GROUP BY 1, 2, 3, 4, 5, 6, 7
  ) AS counted;
  PERFORM add_to_provider_call_counts(array_agg(ROW(tenant, span, start, type, provider, model, calls, unanswered, unpriced,
    input_tokens, cached_input_tokens, output_tokens, cost)::provider_call_counts))
  FROM (
    SELECT counted.tenant, span, date_trunc(grain, start, 'UTC') AS start, type, counted.provider, counted.model,
      sum(calls) AS calls, sum(unanswered) AS unanswered, sum(unpriced) AS unpriced, sum(counted.input_tokens) AS input_tokens,
      sum(counted.cached_input_tokens) AS cached_input_tokens, sum(counted.output_tokens) AS output_tokens, sum(counted.cost) AS cost
    FROM provider_calls call, provider_call_as_ended(call) AS counted
    WHERE call.finished_at >= since AND call.finished_at < upto
    GROUP BY 1, 2, 3, 4, 5, 6
  ) AS counted;
  DELETE FROM generation_job_counts USING statistic_spans() AS spans
  WHERE generation_job_counts.span = spans.span AND start < now() - spans.kept;
  DELETE FROM provider_call_counts USING statistic_spans() AS spans
  WHERE provider_call_counts.span = spans.span AND start < now() - spans.kept;
  UPDATE generation_job_roll_up SET until = upto;
  RETURN upto < settled;
END
$$;
