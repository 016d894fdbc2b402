DROP POLICY IF EXISTS articles_of_tenant ON articles;
DROP POLICY IF EXISTS topics_of_tenant ON topics;
DROP POLICY IF EXISTS generation_jobs_of_tenant ON generation_jobs;
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'authenticated') THEN
    REVOKE ALL ON generation_jobs, topics, articles FROM authenticated;
    REVOKE SELECT (id, tenant, topic_title, keywords) ON topics FROM authenticated;
    REVOKE SELECT (id, tenant, title, status) ON articles FROM authenticated;
  END IF;
END
$$;
DROP FUNCTION cleanup_old_generation_jobs();
DROP FUNCTION remove_finished_generation_jobs(interval, integer);
DROP FUNCTION get_job_progress(text);
DROP VIEW generation_job_stats;
DROP VIEW active_generation_jobs;
DROP TRIGGER generation_jobs_before_update ON generation_jobs;
DROP FUNCTION generation_jobs_before_update();
