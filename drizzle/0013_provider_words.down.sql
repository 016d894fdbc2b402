ALTER TABLE provider_calls DROP COLUMN refusal;
ALTER TABLE provider_calls DROP COLUMN cost_stated;
