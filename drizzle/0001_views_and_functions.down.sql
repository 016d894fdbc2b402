DROP FUNCTION cleanup_old_generation_jobs();
DROP FUNCTION remove_finished_generation_jobs(interval, integer);
DROP FUNCTION get_job_progress(text);
DROP VIEW generation_job_stats;
DROP VIEW active_generation_jobs;
DROP TRIGGER generation_jobs_before_update ON generation_jobs;
DROP FUNCTION generation_jobs_before_update();
