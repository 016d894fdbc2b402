ALTER TABLE "generation_jobs" DROP CONSTRAINT "generation_jobs_topic_id_topics_id_fk";
--> statement-breakpoint
ALTER TABLE "generation_jobs" ADD CONSTRAINT "generation_jobs_topic_id_topics_id_fk" FOREIGN KEY ("topic_id") REFERENCES "public"."topics"("id") ON DELETE set null ON UPDATE no action;
--> statement-breakpoint
-- A topic that is deleted takes no job with it: what is live of it is cancelled and says why. The running attempt is
-- stopped by the notice; the queue job, which stands for nothing any more, is cancelled by the reconciler.
CREATE FUNCTION generation_jobs_without_topic() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  job record;
BEGIN
  FOR job IN
    SELECT id, queue_job_id FROM generation_jobs
    WHERE topic_id = old.id AND status IN ('pending', 'processing') ORDER BY id FOR NO KEY UPDATE
  LOOP
    UPDATE generation_jobs SET
      status = 'cancelled', completed_at = now(), current_step = 'Cancelled', error_message = 'Its topic was deleted.',
      topic_id = NULL, queue_job_id = NULL, claim = NULL, waiting_for = NULL, estimated_time_remaining = NULL,
      next_attempt_at = CASE WHEN started_at IS NULL THEN next_attempt_at END, event_count = event_count + 1
    WHERE id = job.id;
    INSERT INTO generation_job_events (job_id, id, type, data)
    SELECT id, event_count, 'cancelled', jsonb_build_object('reason', 'topic_deleted') FROM generation_jobs WHERE id = job.id;
    PERFORM pg_notify('galley:' || TG_TABLE_SCHEMA, jsonb_build_object(
      'from', '', 'wake', '{}'::jsonb, 'cancel', jsonb_build_array(job.queue_job_id),
      'events', jsonb_build_object(job.id, (SELECT event_count FROM generation_jobs WHERE id = job.id)))::text);
  END LOOP;
  RETURN old;
END
$$;
--> statement-breakpoint
CREATE TRIGGER generation_jobs_without_topic BEFORE DELETE ON topics
  FOR EACH ROW EXECUTE FUNCTION generation_jobs_without_topic();
