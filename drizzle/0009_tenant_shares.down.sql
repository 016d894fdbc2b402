ALTER TABLE tenants DROP COLUMN used_day;
ALTER TABLE tenants DROP COLUMN used_usd;
ALTER TABLE tenants DROP COLUMN weight;
ALTER TABLE tenants DROP COLUMN max_running;
