CREATE OR REPLACE FUNCTION generation_records_follow_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM generation_job_events WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM generation_phases WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM generation_steps WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM step_waits WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM batches WHERE id IN (SELECT batch_id FROM removed)
    AND NOT EXISTS (SELECT FROM generation_jobs WHERE batch_id = batches.id);
  RETURN NULL;
END
$$;
DROP TABLE generation_answers;
