CREATE OR REPLACE FUNCTION remove_finished_generation_jobs(
  older_than interval, batch_size integer, after_time timestamptz DEFAULT '-infinity', after_id text DEFAULT '',
  OUT jobs integer, OUT events integer, OUT text_events integer, OUT steps integer, OUT bytes bigint,
  OUT last_time timestamptz, OUT last_id text
) LANGUAGE sql SET search_path FROM CURRENT AS $$
  WITH doomed AS MATERIALIZED (
    SELECT id, tenant, completed_at, pg_column_size(job.*) AS bytes FROM generation_jobs job
    WHERE completed_at < now() - older_than AND completed_at >= after_time AND (completed_at, id) > (after_time, after_id)
      AND (idempotency_key IS NULL OR created_at < now() - interval '1 day')
    ORDER BY completed_at, id LIMIT batch_size
    FOR UPDATE SKIP LOCKED
  ), remembered AS (
    INSERT INTO generation_job_tombstones (id, tenant) SELECT id, tenant FROM doomed ON CONFLICT DO NOTHING
  ), removed AS (
    DELETE FROM generation_jobs job USING doomed WHERE job.id = doomed.id RETURNING job.id
  ), events AS (
    SELECT count(*) FILTER (WHERE type <> 'text') AS others, count(*) FILTER (WHERE type = 'text') AS texts,
      coalesce(sum(pg_column_size(event.*)), 0) AS bytes
    FROM generation_job_events event WHERE job_id IN (SELECT id FROM doomed)
  ), steps AS (
    SELECT count(*) AS steps, coalesce(sum(pg_column_size(step.*)), 0) AS bytes
    FROM generation_steps step WHERE job_id IN (SELECT id FROM doomed)
  ), phases AS (
    SELECT coalesce(sum(pg_column_size(phase.*)), 0) AS bytes
    FROM generation_phases phase WHERE job_id IN (SELECT id FROM doomed)
  ), last AS (
    SELECT completed_at, id FROM doomed ORDER BY completed_at DESC, id DESC LIMIT 1
  )
  SELECT (SELECT count(*) FROM removed)::integer, events.others::integer, events.texts::integer, steps.steps::integer,
    (coalesce((SELECT sum(bytes) FROM doomed), 0) + events.bytes + steps.bytes + phases.bytes)::bigint,
    (SELECT completed_at FROM last), (SELECT id FROM last)
  FROM events, steps, phases
$$;;
