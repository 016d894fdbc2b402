DROP TRIGGER generation_records_follow_job ON generation_jobs;
DROP FUNCTION generation_records_follow_job();
ALTER TABLE generation_job_events ADD CONSTRAINT generation_job_events_job_id_generation_jobs_id_fk
  FOREIGN KEY (job_id) REFERENCES generation_jobs (id) ON DELETE CASCADE;
ALTER TABLE generation_phases ADD CONSTRAINT generation_phases_job_id_generation_jobs_id_fk
  FOREIGN KEY (job_id) REFERENCES generation_jobs (id) ON DELETE CASCADE;
ALTER TABLE generation_steps ADD CONSTRAINT generation_steps_job_id_generation_jobs_id_fk
  FOREIGN KEY (job_id) REFERENCES generation_jobs (id) ON DELETE CASCADE;
