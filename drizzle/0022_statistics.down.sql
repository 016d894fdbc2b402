DROP TRIGGER provider_call_counts_follow_change ON provider_calls;
DROP TRIGGER generation_job_counts_follow_change ON generation_jobs;
DROP TRIGGER statistics_follow_truncation ON generation_jobs;
DROP TRIGGER generation_job_counts_follow_removal ON generation_jobs;
DROP FUNCTION provider_call_counts_follow_change();
DROP FUNCTION generation_job_counts_follow_change();
DROP FUNCTION statistics_follow_truncation();
DROP FUNCTION generation_job_counts_follow_removal();
CREATE OR REPLACE FUNCTION roll_up_generation_jobs() RETURNS boolean LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
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
DROP FUNCTION add_to_provider_call_counts(provider_call_counts[]);
DROP FUNCTION add_to_generation_job_counts(generation_job_count[]);
DROP FUNCTION provider_call_as_ended(provider_calls);
DROP FUNCTION generation_job_as_ended(generation_jobs);
DROP FUNCTION generation_job_as_created(generation_jobs);
DROP TYPE generation_job_count;
DROP FUNCTION add_histograms(jsonb, jsonb);
DROP FUNCTION histogram_bucket(numeric);
DROP FUNCTION statistic_spans();
DROP INDEX provider_calls_finished_at;
DROP INDEX generation_jobs_failed;
ALTER TABLE generation_jobs DROP COLUMN start_after;
DROP TABLE provider_call_counts;
DROP TABLE generation_job_counts;
