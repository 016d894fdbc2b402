import { EventEmitter } from "node:events";
import { eq } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import type { Notice } from "../../db/commit/notice.ts";
import { generationJobs } from "../../db/schema/index.ts";

/** Lets the requests of this process wait for what happens to jobs. */
export type Subscriptions = {
  /** Passes on what the listener heard; null when some notices may have been missed. */
  publish(notice: Notice | null): void;
  /** Resolves when the job has more than `seen` events, is gone, or `until` is aborted. */
  nextEvent(jobId: string, seen: number, until: AbortSignal): Promise<void>;
};

// Notices are hints and may be lost: without one, an event is seen this much later.
const lookAgainMilliseconds = 2_000;

export function createSubscriptions(db: Db): Subscriptions {
  const hints = new EventEmitter().setMaxListeners(0);

  async function eventCount(jobId: string): Promise<number> {
    const [job] = await db
      .select({ eventCount: generationJobs.eventCount })
      .from(generationJobs)
      .where(eq(generationJobs.id, jobId));
    return job?.eventCount ?? Number.POSITIVE_INFINITY;
  }

  function nextHint(jobId: string, until: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const hinted = () => resolve();
    const timer = setTimeout(hinted, lookAgainMilliseconds);
    hints.on(jobId, hinted).on("any", hinted);
    until.addEventListener("abort", hinted);
    return promise.finally(() => {
      clearTimeout(timer);
      hints.off(jobId, hinted).off("any", hinted);
      until.removeEventListener("abort", hinted);
    });
  }

  return {
    publish(notice) {
      if (notice === null) hints.emit("any");
      else for (const jobId of Object.keys(notice.events)) hints.emit(jobId);
    },
    async nextEvent(jobId, seen, until) {
      while (!until.aborted) {
        // Listening begins before the look, so that nothing falls between the two.
        const hint = nextHint(jobId, until);
        if ((await eventCount(jobId)) > seen) return;
        await hint;
      }
    },
  };
}
