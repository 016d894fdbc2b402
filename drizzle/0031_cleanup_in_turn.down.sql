CREATE OR REPLACE FUNCTION cleanup_old_generation_jobs() RETURNS integer LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  kept jsonb := (SELECT retention FROM cleanup_schedule);
  total jsonb := '{"jobs": 0, "events": 0, "text": 0, "steps": 0, "calls": 0, "removedIds": 0, "workers": 0}';
  total_bytes bigint;
  pruned text;
  batch record;
  began timestamptz := clock_timestamp();
BEGIN
  SELECT * INTO batch FROM remove_finished_generation_jobs(make_interval(days => (kept->>'jobs')::integer), 100000);
  total := total || jsonb_build_object('jobs', batch.jobs, 'events', batch.events, 'text', batch.text_events, 'steps', batch.steps);
  total_bytes := batch.bytes;
  FOREACH pruned IN ARRAY array['text', 'events', 'steps'] LOOP
    CONTINUE WHEN kept->>pruned IS NULL;
    SELECT * INTO batch FROM prune_finished_generation_jobs(pruned, make_interval(days => (kept->>pruned)::integer), 100000);
    total := total || jsonb_build_object(pruned, (total->>pruned)::integer + batch.removed);
    total_bytes := total_bytes + batch.bytes;
  END LOOP;
  SELECT * INTO batch FROM remove_old_provider_calls(make_interval(days => (kept->>'calls')::integer), 100000);
  total := total || jsonb_build_object('calls', batch.calls);
  total_bytes := total_bytes + batch.bytes;
  SELECT * INTO batch FROM forget_removed_generation_jobs(make_interval(days => (kept->>'removedIds')::integer), 100000);
  total := total || jsonb_build_object('removedIds', batch.ids);
  total_bytes := total_bytes + batch.bytes;
  SELECT * INTO batch FROM forget_old_workers(make_interval(days => (kept->>'jobs')::integer), 100000);
  total := total || jsonb_build_object('workers', batch.workers);
  total_bytes := total_bytes + batch.bytes;
  INSERT INTO cleanup_runs (cause, started_at, seen_at, finished_at, retention, removed, bytes)
  VALUES ('sql', began, clock_timestamp(), clock_timestamp(), kept, total, total_bytes);
  RETURN (total->>'jobs')::integer;
END
$$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION remove_finished_generation_jobs(
  older_than interval, batch_size integer, after_time timestamptz DEFAULT '-infinity', after_id text DEFAULT '',
  OUT jobs integer, OUT events integer, OUT text_events integer, OUT steps integer, OUT bytes bigint,
  OUT last_time timestamptz, OUT last_id text
) LANGUAGE sql SET search_path FROM CURRENT AS $$
  WITH doomed AS MATERIALIZED (
    SELECT id, tenant, completed_at, pg_column_size(job.*) AS bytes FROM generation_jobs job
    WHERE completed_at < now() - older_than AND completed_at >= after_time AND (completed_at, id) > (after_time, after_id)
      AND (idempotency_key IS NULL OR created_at < now() - interval '1 day')
      AND (parent_id IS NULL OR NOT EXISTS (
        SELECT FROM generation_jobs parent
        WHERE parent.id = job.parent_id AND (parent.completed_at IS NULL OR parent.completed_at >= now() - older_than)
      ))
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
$$;
--> statement-breakpoint
DROP FUNCTION generation_job_ancestor_stays(text, interval);
