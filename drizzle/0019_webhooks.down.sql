DROP TRIGGER webhook_deliveries_follow_removed ON batches;
DROP TRIGGER webhook_deliveries_follow_removed ON generation_jobs;
DROP FUNCTION webhook_deliveries_follow_removed();
DROP TRIGGER webhook_deliveries_follow_completed_batch ON batches;
DROP FUNCTION webhook_deliveries_follow_batches();
DROP TRIGGER webhook_deliveries_follow_ended_job ON generation_jobs;
DROP FUNCTION webhook_deliveries_follow_generation_jobs();
DROP TABLE webhook_deliveries;
DROP TABLE webhook_endpoints;
