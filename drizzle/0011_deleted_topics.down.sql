DROP TRIGGER generation_jobs_without_topic ON topics;
DROP FUNCTION generation_jobs_without_topic();
ALTER TABLE generation_jobs DROP CONSTRAINT generation_jobs_topic_id_topics_id_fk;
ALTER TABLE generation_jobs ADD CONSTRAINT generation_jobs_topic_id_topics_id_fk
  FOREIGN KEY (topic_id) REFERENCES topics (id) ON DELETE CASCADE;
