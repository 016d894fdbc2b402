DROP INDEX generation_jobs_live;
CREATE INDEX generation_jobs_live ON generation_jobs (status, priority DESC NULLS LAST, id) WHERE status IN ('pending', 'processing');
ALTER TABLE generation_jobs DROP COLUMN rank;
DROP TABLE tenant_turns;
ALTER TABLE tenants DROP COLUMN used_day;
ALTER TABLE tenants DROP COLUMN used_usd;
ALTER TABLE tenants DROP COLUMN weight;
ALTER TABLE tenants DROP COLUMN max_running;
