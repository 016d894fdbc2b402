DROP FUNCTION cleanup_old_generation_jobs();
DROP FUNCTION forget_old_workers(interval, integer);
DROP FUNCTION forget_removed_generation_jobs(interval, integer);
DROP FUNCTION remove_old_provider_calls(interval, integer, uuid);
DROP FUNCTION prune_finished_generation_jobs(text, interval, integer);
DROP FUNCTION remove_finished_generation_jobs(interval, integer, timestamptz, text);
CREATE FUNCTION remove_finished_generation_jobs(
  older_than interval, batch_size integer,
  OUT jobs integer, OUT events integer, OUT steps integer
) LANGUAGE sql SET search_path FROM CURRENT AS $$
  WITH doomed AS MATERIALIZED (
    SELECT id, tenant FROM generation_jobs
    WHERE completed_at < now() - older_than
    ORDER BY completed_at, id LIMIT batch_size
    FOR UPDATE SKIP LOCKED
  ), remembered AS (
    INSERT INTO generation_job_tombstones (id, tenant) SELECT id, tenant FROM doomed ON CONFLICT DO NOTHING
  ), removed AS (
    DELETE FROM generation_jobs job USING doomed WHERE job.id = doomed.id RETURNING job.id
  )
  SELECT
    (SELECT count(*) FROM removed)::integer,
    (SELECT count(*) FROM generation_job_events WHERE job_id IN (SELECT id FROM doomed))::integer,
    (SELECT count(*) FROM generation_steps WHERE job_id IN (SELECT id FROM doomed))::integer
$$;
CREATE FUNCTION cleanup_old_generation_jobs() RETURNS integer LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT jobs FROM remove_finished_generation_jobs(interval '30 days', 1000)
$$;
DROP INDEX generation_job_tombstones_removed_at;
DROP TABLE cleanup_marks;
DROP TABLE cleanup_schedule;
DROP TABLE cleanup_runs;
