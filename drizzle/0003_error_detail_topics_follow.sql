ALTER TABLE "generation_jobs" ADD COLUMN "error_detail" text;
--> statement-breakpoint
-- A topic follows the jobs that name it: in progress while one of them is live, completed with the first that completes,
-- else pending again. A topic that was completed or rejected does not go back.
CREATE FUNCTION topics_follow_generation_jobs() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  -- Two jobs that end at once would each see the other one live, so each looks only when it has the topic to itself.
  -- No stronger lock: the insert of a job has already locked the topic's key.
  PERFORM FROM topics WHERE id = new.topic_id AND tenant = new.tenant FOR NO KEY UPDATE;
  IF new.status = 'completed' THEN
    UPDATE topics SET status = 'completed', used_at = now() WHERE id = new.topic_id AND tenant = new.tenant;
  ELSIF new.status IN ('failed', 'cancelled') THEN
    UPDATE topics SET status = 'pending'
    WHERE id = new.topic_id AND tenant = new.tenant AND status = 'in_progress' AND NOT EXISTS (
      SELECT FROM generation_jobs job
      WHERE job.topic_id = new.topic_id AND job.tenant = new.tenant AND job.status IN ('pending', 'processing')
    );
  ELSE
    UPDATE topics SET status = 'in_progress' WHERE id = new.topic_id AND tenant = new.tenant AND status = 'pending';
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER topics_follow_submitted_job AFTER INSERT ON generation_jobs
  FOR EACH ROW WHEN (new.topic_id IS NOT NULL AND new.status = 'pending') EXECUTE FUNCTION topics_follow_generation_jobs();
--> statement-breakpoint
CREATE TRIGGER topics_follow_ended_or_resumed_job AFTER UPDATE OF status ON generation_jobs
  FOR EACH ROW WHEN (
    new.topic_id IS NOT NULL AND old.status <> new.status
    AND (new.status IN ('completed', 'failed', 'cancelled') OR old.status IN ('completed', 'failed', 'cancelled'))
  ) EXECUTE FUNCTION topics_follow_generation_jobs();
