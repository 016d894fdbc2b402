ALTER TABLE "generation_phases" DROP COLUMN "version";
ALTER TABLE "generation_jobs" DROP COLUMN "input_version";
