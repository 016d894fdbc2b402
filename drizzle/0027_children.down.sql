-- A job that waits for its children has no time: it looks once more.
UPDATE generation_jobs SET next_attempt_at = now() WHERE waiting_for = 'children';
ALTER TABLE generation_jobs DROP CONSTRAINT generation_jobs_waiting_is_live;
DROP INDEX generation_jobs_waiting_for_children;
DROP INDEX generation_jobs_live_children;
DROP INDEX generation_jobs_spawned;
ALTER TABLE generation_jobs DROP COLUMN children_cost;
ALTER TABLE generation_jobs DROP COLUMN spawn_place;
ALTER TABLE generation_jobs DROP COLUMN spawn;
ALTER TABLE generation_jobs DROP COLUMN parent_phase;
ALTER TABLE generation_jobs DROP COLUMN parent_id;
ALTER TABLE generation_jobs ADD CONSTRAINT generation_jobs_waiting_is_live CHECK (
  waiting_for IS NULL OR (status IN ('pending', 'processing') AND (next_attempt_at IS NOT NULL OR waiting_for = 'tenant_limit'))
);
