ALTER TABLE generation_jobs DROP COLUMN schedule_id;
DROP TABLE schedules;
