export { apiKeyMinutes, apiKeys, tokenSecret } from "./access/api-keys.ts";
export { tenants, tenantTurns } from "./access/tenants.ts";
export { articles } from "./content/articles.ts";
export { publications, shops } from "./content/shops.ts";
export { topics } from "./content/topics.ts";
export { batches } from "./generation/batches.ts";
export { generationJobs, generationJobTombstones } from "./generation/generation-jobs.ts";
export {
  generationAnswers,
  generationJobEvents,
  generationPhases,
  generationSteps,
} from "./generation/generation-records.ts";
export { pauses } from "./generation/pauses.ts";
export { schedules } from "./generation/schedules.ts";
export { stepWaits } from "./generation/step-waits.ts";
export { workers } from "./generation/workers.ts";
export { modelAbilities } from "./model/model-abilities.ts";
export { providerCalls } from "./model/provider-calls.ts";
export { providerGates } from "./model/provider-gates.ts";
export { cleanupMarks, cleanupRuns, cleanupSchedule } from "./upkeep/cleanup.ts";
export { databaseSizes, driftRepairs } from "./upkeep/health.ts";
export { generationJobHours, generationJobRollUp } from "./upkeep/job-hours.ts";
export { generationJobCounts, providerCallCounts } from "./upkeep/statistics.ts";
export { webhookDeliveries, webhookEndpoints } from "./webhooks.ts";
