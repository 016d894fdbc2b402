ALTER TABLE generation_jobs DROP COLUMN lost_attempts;
