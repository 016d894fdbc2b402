export { articles } from "./articles.ts";
export { generationJobs, generationJobTombstones } from "./generation-jobs.ts";
export { generationJobEvents, generationPhases, generationSteps } from "./generation-records.ts";
export { generationJobHours, generationJobRollUp } from "./job-hours.ts";
export { providerCalls } from "./provider-calls.ts";
export { providerGates } from "./provider-gates.ts";
export { tenants } from "./tenants.ts";
export { topics } from "./topics.ts";
export { workers } from "./workers.ts";
