ALTER TABLE articles DROP COLUMN needs_review;
DROP TABLE workers;
DROP TABLE tenants;
DROP TABLE provider_gates;
