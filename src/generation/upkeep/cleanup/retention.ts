import type { Retention } from "../../../db/schema/upkeep/cleanup.ts";
import type { Config } from "../../../settings/config.ts";

/** What the settings keep, and for how long. */
export const retentionOf = (config: Config): Retention => ({
  jobs: config.RETENTION_DAYS,
  text: config.TEXT_RETENTION_DAYS,
  events: config.EVENT_RETENTION_DAYS ?? null,
  steps: config.STEP_RETENTION_DAYS ?? null,
  calls: config.CALL_RETENTION_DAYS,
  removedIds: config.REMOVED_ID_RETENTION_DAYS,
});
