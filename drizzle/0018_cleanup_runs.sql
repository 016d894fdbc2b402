CREATE TABLE "cleanup_marks" (
	"class" text NOT NULL,
	"completed_at" timestamp with time zone DEFAULT '-infinity' NOT NULL,
	"job_id" text DEFAULT '' NOT NULL,
	CONSTRAINT "cleanup_marks_pkey" PRIMARY KEY("class")
);
--> statement-breakpoint
ALTER TABLE "cleanup_marks" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "cleanup_runs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"cause" text NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	"failure" text,
	"retention" jsonb NOT NULL,
	"removed" jsonb NOT NULL,
	"bytes" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "cleanup_runs_cause_known" CHECK ("cleanup_runs"."cause" in ('schedule', 'hand', 'sql'))
);
--> statement-breakpoint
ALTER TABLE "cleanup_runs" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "cleanup_schedule" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"next_due_at" timestamp with time zone NOT NULL,
	"retention" jsonb NOT NULL,
	CONSTRAINT "cleanup_schedule_is_one_row" CHECK ("cleanup_schedule"."is_only")
);
--> statement-breakpoint
ALTER TABLE "cleanup_schedule" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "generation_job_tombstones_removed_at" ON "generation_job_tombstones" USING btree ("removed_at");
--> statement-breakpoint
-- A database that comes from a version before had its last run in the night before.
INSERT INTO cleanup_schedule (next_due_at, retention) VALUES (
  date_trunc('day', now() - interval '3 hours 17 minutes', 'UTC') + interval '1 day 3 hours 17 minutes',
  '{"jobs": 30, "text": 1, "events": null, "steps": null, "calls": 400, "removedIds": 365}'
);
--> statement-breakpoint
DROP FUNCTION cleanup_old_generation_jobs();
--> statement-breakpoint
DROP FUNCTION remove_finished_generation_jobs(interval, integer);
--> statement-breakpoint
-- Removes one batch of jobs that finished longer ago than `older_than`, oldest first and after the given one, with what
-- hangs on them. An Idempotency-Key holds for a day at least, and its job with it. Jobs that another transaction has
-- locked are left for the next run.
CREATE FUNCTION remove_finished_generation_jobs(
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
$$;
--> statement-breakpoint
-- Prunes one class of the next batch of jobs that finished longer ago than `older_than`: `text`, what was streamed;
-- `events`, the history but its last event, by which a reader knows the end; `steps`, of completed jobs alone, since a
-- failed one that is resumed would pay for them again. Two that prune the same class take turns.
CREATE FUNCTION prune_finished_generation_jobs(
  pruned text, older_than interval, batch_size integer, OUT jobs integer, OUT removed integer, OUT bytes bigint
) LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  mark cleanup_marks;
  last_time timestamptz;
  last_id text;
BEGIN
  INSERT INTO cleanup_marks (class) VALUES (pruned) ON CONFLICT DO NOTHING;
  SELECT * INTO mark FROM cleanup_marks WHERE class = pruned FOR UPDATE;
  WITH batch AS MATERIALIZED (
    SELECT id, completed_at, status, event_count FROM generation_jobs
    WHERE completed_at < now() - older_than AND completed_at >= mark.completed_at
      AND (completed_at, id) > (mark.completed_at, mark.job_id)
    ORDER BY completed_at, id LIMIT batch_size
  ), events AS (
    DELETE FROM generation_job_events event USING batch
    WHERE event.job_id = batch.id
      AND CASE pruned WHEN 'text' THEN event.type = 'text' WHEN 'events' THEN event.id < batch.event_count ELSE false END
    RETURNING pg_column_size(event.*) AS bytes
  ), steps AS (
    DELETE FROM generation_steps step USING batch
    WHERE step.job_id = batch.id AND pruned = 'steps' AND batch.status = 'completed'
    RETURNING pg_column_size(step.*) AS bytes
  ), gone AS (
    SELECT events.bytes FROM events UNION ALL SELECT steps.bytes FROM steps
  )
  SELECT (SELECT count(*) FROM batch), (SELECT count(*) FROM gone), (SELECT coalesce(sum(gone.bytes), 0) FROM gone),
    last.completed_at, last.id
  INTO jobs, removed, bytes, last_time, last_id
  FROM (VALUES (true)) AS one LEFT JOIN (SELECT completed_at, id FROM batch ORDER BY completed_at DESC, id DESC LIMIT 1) AS last ON true;
  IF jobs > 0 THEN
    UPDATE cleanup_marks SET completed_at = last_time, job_id = last_id WHERE class = pruned;
  END IF;
END
$$;
--> statement-breakpoint
-- Removes one batch of the ledger's calls whose job is gone, oldest first and after the given one: an id begins with its time.
CREATE FUNCTION remove_old_provider_calls(
  older_than interval, batch_size integer, after_id uuid DEFAULT '00000000-0000-0000-0000-000000000000',
  OUT calls integer, OUT bytes bigint, OUT last_id uuid
) LANGUAGE sql SET search_path FROM CURRENT AS $$
  WITH doomed AS MATERIALIZED (
    SELECT id, pg_column_size(call.*) AS bytes FROM provider_calls call
    WHERE id > after_id AND started_at < now() - older_than AND state <> 'started'
      AND id < (lpad(to_hex((extract(epoch FROM now() - older_than) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
      AND NOT EXISTS (SELECT FROM generation_jobs job WHERE job.id = call.job_id)
    ORDER BY id LIMIT batch_size
  ), removed AS (
    DELETE FROM provider_calls call USING doomed WHERE call.id = doomed.id RETURNING call.id
  )
  SELECT (SELECT count(*) FROM removed)::integer, coalesce(sum(doomed.bytes), 0)::bigint,
    (SELECT id FROM doomed ORDER BY id DESC LIMIT 1)
  FROM doomed
$$;
--> statement-breakpoint
-- Forgets one batch of removed ids: who asks for one is answered 404 from now on.
CREATE FUNCTION forget_removed_generation_jobs(older_than interval, batch_size integer, OUT ids integer, OUT bytes bigint)
LANGUAGE sql SET search_path FROM CURRENT AS $$
  WITH removed AS (
    DELETE FROM generation_job_tombstones tombstone WHERE id IN (
      SELECT id FROM generation_job_tombstones WHERE removed_at < now() - older_than ORDER BY removed_at LIMIT batch_size
    ) RETURNING pg_column_size(tombstone.*) AS bytes
  )
  SELECT count(*)::integer, coalesce(sum(removed.bytes), 0)::bigint FROM removed
$$;
--> statement-breakpoint
-- Forgets one batch of processes that have ended.
CREATE FUNCTION forget_old_workers(older_than interval, batch_size integer, OUT workers integer, OUT bytes bigint)
LANGUAGE sql SET search_path FROM CURRENT AS $$
  WITH removed AS (
    DELETE FROM workers worker WHERE id IN (
      SELECT id FROM workers WHERE seen_at < now() - older_than ORDER BY seen_at LIMIT batch_size
    ) RETURNING pg_column_size(worker.*) AS bytes
  )
  SELECT count(*)::integer, coalesce(sum(removed.bytes), 0)::bigint FROM removed
$$;
--> statement-breakpoint
-- What the schedule does, with what it kept the last time, in one transaction: so each call removes 100,000 rows of a class
-- at the most. Returns how many jobs it removed.
CREATE FUNCTION cleanup_old_generation_jobs() RETURNS integer LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
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
