DROP INDEX generation_jobs_ready;
DROP INDEX generation_jobs_timed;
