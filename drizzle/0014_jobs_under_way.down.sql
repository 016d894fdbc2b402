DROP INDEX generation_jobs_under_way;
