CREATE OR REPLACE VIEW generation_job_stats WITH (security_invoker = true) AS
SELECT
  count(*)::integer AS total_jobs,
  count(*) FILTER (WHERE status = 'pending')::integer AS pending_jobs,
  count(*) FILTER (WHERE status = 'processing')::integer AS processing_jobs,
  count(*) FILTER (WHERE status = 'completed')::integer AS completed_jobs,
  count(*) FILTER (WHERE status = 'failed')::integer AS failed_jobs,
  count(*) FILTER (WHERE status = 'cancelled')::integer AS cancelled_jobs,
  avg(extract(epoch FROM completed_at - started_at)) FILTER (WHERE status = 'completed')::double precision
    AS avg_processing_seconds,
  count(*) FILTER (WHERE created_at > now() - interval '1 hour')::integer AS jobs_last_hour,
  count(*) FILTER (WHERE created_at > now() - interval '1 day')::integer AS jobs_last_day
FROM generation_jobs;
DROP TRIGGER generation_job_hours_follow_change ON generation_jobs;
DROP TRIGGER generation_job_hours_follow_truncation ON generation_jobs;
DROP TRIGGER generation_job_hours_follow_removal ON generation_jobs;
DROP FUNCTION generation_job_hours_follow_change();
DROP FUNCTION generation_job_hours_follow_removal();
DROP FUNCTION roll_up_generation_jobs();
DROP FUNCTION add_to_generation_job_hours(generation_job_hours[]);
DROP TABLE generation_job_roll_up;
DROP TABLE generation_job_hours;
