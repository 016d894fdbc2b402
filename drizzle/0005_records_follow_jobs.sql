ALTER TABLE "generation_job_events" DROP CONSTRAINT "generation_job_events_job_id_generation_jobs_id_fk";
--> statement-breakpoint
ALTER TABLE "generation_phases" DROP CONSTRAINT "generation_phases_job_id_generation_jobs_id_fk";
--> statement-breakpoint
ALTER TABLE "generation_steps" DROP CONSTRAINT "generation_steps_job_id_generation_jobs_id_fk";
--> statement-breakpoint
-- As a foreign key would, with the rights of the tables' owner, but by the statement and not by the row.
CREATE FUNCTION generation_records_follow_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM generation_job_events WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM generation_phases WHERE job_id IN (SELECT id FROM removed);
  DELETE FROM generation_steps WHERE job_id IN (SELECT id FROM removed);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER generation_records_follow_job AFTER DELETE ON generation_jobs
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION generation_records_follow_job();
