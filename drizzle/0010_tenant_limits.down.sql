-- What a limit held back may go; its queue job is due as soon as the reconciler finds it.
UPDATE generation_jobs SET waiting_for = NULL WHERE waiting_for = 'tenant_limit' AND next_attempt_at IS NULL;
ALTER TABLE generation_jobs DROP CONSTRAINT generation_jobs_waiting_is_live;
ALTER TABLE generation_jobs ADD CONSTRAINT generation_jobs_waiting_is_live CHECK (waiting_for IS NULL
  OR (next_attempt_at IS NOT NULL AND status IN ('pending', 'processing')));
DROP INDEX generation_jobs_held;
