CREATE OR REPLACE FUNCTION generation_records_follow_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM generation_job_events WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM generation_phases WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM generation_steps WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM step_waits WHERE job_id IN (SELECT id FROM removed);
  RETURN NULL;
END
$$;
DROP TRIGGER batches_follow_ended_or_resumed_job ON generation_jobs;
DROP FUNCTION batches_follow_generation_jobs();
DROP TABLE batches;
DROP INDEX generation_jobs_start_before;
ALTER TABLE generation_jobs DROP COLUMN start_before;
