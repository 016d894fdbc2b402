DROP TRIGGER topics_follow_ended_or_resumed_job ON generation_jobs;
DROP TRIGGER topics_follow_submitted_job ON generation_jobs;
DROP FUNCTION topics_follow_generation_jobs();
ALTER TABLE generation_jobs DROP COLUMN error_detail;
