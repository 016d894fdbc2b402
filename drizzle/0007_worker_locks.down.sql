ALTER TABLE workers DROP COLUMN gone_at;
ALTER TABLE workers DROP COLUMN holds_lock;
ALTER TABLE generation_jobs DROP COLUMN worker_id;
