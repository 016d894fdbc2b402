import { RequestError } from "../../errors.ts";
import type { EventRow } from "../../generation/history/read-events.ts";
import type { FindJob, FoundJob } from "../../generation/requests/find-job.ts";

/** The job whose completion these events tell. Null if they do not, or if it is gone meanwhile. */
export type ReadEnded = (events: readonly EventRow[]) => Promise<FoundJob | null>;

export const createReadEnded =
  (find: FindJob, tenant: string): ReadEnded =>
  async (events) => {
    const last = events.at(-1);
    if (last?.type !== "completed") return null;
    try {
      return await find(tenant, last.jobId);
    } catch (error) {
      if (error instanceof RequestError && error.code !== "unavailable") return null;
      throw error;
    }
  };
