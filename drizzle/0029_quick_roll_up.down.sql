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
