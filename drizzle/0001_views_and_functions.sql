-- The history of a status is law here too: finished states absorb, and only a resume leaves failed or cancelled.
CREATE FUNCTION generation_jobs_before_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF new.status IS DISTINCT FROM old.status AND (old.status, new.status) NOT IN (
    ('pending', 'processing'), ('pending', 'failed'), ('pending', 'cancelled'),
    ('processing', 'completed'), ('processing', 'failed'), ('processing', 'cancelled'),
    ('failed', 'processing'), ('failed', 'pending'), ('cancelled', 'processing'), ('cancelled', 'pending')
  ) THEN
    RAISE EXCEPTION 'generation job % cannot go from % to %', old.id, old.status, new.status
      USING ERRCODE = 'check_violation';
  END IF;
  new.last_updated := now();
  RETURN new;
END
$$;
--> statement-breakpoint
CREATE TRIGGER generation_jobs_before_update BEFORE UPDATE ON generation_jobs
  FOR EACH ROW EXECUTE FUNCTION generation_jobs_before_update();
--> statement-breakpoint
CREATE VIEW active_generation_jobs WITH (security_invoker = true) AS
SELECT
  job.*,
  topic.topic_title,
  topic.keywords AS topic_keywords,
  article.title AS article_title,
  article.status AS article_status,
  extract(epoch FROM now() - job.created_at)::double precision AS age_seconds,
  extract(epoch FROM now() - job.started_at)::double precision AS processing_seconds
FROM generation_jobs job
LEFT JOIN topics topic ON topic.id = job.topic_id
LEFT JOIN articles article ON article.id = job.article_id
WHERE job.status IN ('pending', 'processing')
ORDER BY job.created_at, job.id;
--> statement-breakpoint
CREATE VIEW generation_job_stats WITH (security_invoker = true) AS
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
--> statement-breakpoint
-- The functions find the tables by the path that holds now, whatever path their caller has.
CREATE FUNCTION get_job_progress(job_id text) RETURNS jsonb LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(
    (SELECT to_jsonb(job) FROM generation_jobs job WHERE job.id = get_job_progress.job_id),
    jsonb_build_object('error', 'Job not found', 'jobId', get_job_progress.job_id, 'timestamp', now())
  )
$$;
--> statement-breakpoint
-- Removes one batch of jobs that finished longer ago than `older_than`, oldest first, with what hangs on them.
-- Articles, topics and the ledger stay. Jobs that somebody else is working on are left for the next call.
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
--> statement-breakpoint
CREATE FUNCTION cleanup_old_generation_jobs() RETURNS integer LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT jobs FROM remove_finished_generation_jobs(interval '30 days', 1000)
$$;
--> statement-breakpoint
-- Nobody but the owner has any right that is not granted here: what is created by a migration is taken from everyone
-- else. At Supabase `authenticated` is whoever has signed in. It reads the jobs of its tenant, and of topics and
-- articles what the views show. Cleanup is the operator's: anybody else could purge what is not theirs.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'authenticated') THEN
    GRANT SELECT ON generation_jobs, active_generation_jobs, generation_job_stats TO authenticated;
    GRANT SELECT (id, tenant, topic_title, keywords) ON topics TO authenticated;
    GRANT SELECT (id, tenant, title, status) ON articles TO authenticated;
    GRANT EXECUTE ON FUNCTION get_job_progress(text) TO authenticated;
    CREATE POLICY generation_jobs_of_tenant ON generation_jobs FOR SELECT TO authenticated
      USING (tenant = coalesce(nullif(current_setting('app.tenant_id', true), ''), 'local'));
    CREATE POLICY topics_of_tenant ON topics FOR SELECT TO authenticated
      USING (tenant = coalesce(nullif(current_setting('app.tenant_id', true), ''), 'local'));
    CREATE POLICY articles_of_tenant ON articles FOR SELECT TO authenticated
      USING (tenant = coalesce(nullif(current_setting('app.tenant_id', true), ''), 'local'));
  END IF;
END
$$;
