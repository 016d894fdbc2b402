CREATE OR REPLACE FUNCTION generation_records_follow_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM generation_job_events WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM generation_phases WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM generation_steps WHERE job_id IN (SELECT id FROM removed);
  RETURN NULL;
END
$$;
DROP TABLE step_waits;
ALTER TABLE provider_calls DROP COLUMN served_tier;
