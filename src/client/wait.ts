import { createPatience, pause } from "./patience.ts";
import { readAnswer, type Send, type Signalled } from "./request.ts";
import type { Answer, Job } from "./types.ts";

export type WaitOptions = Signalled & {
  /** Gets the job as it is first, and whenever it has changed. */
  onChange?: (job: Job) => void;
};

const longPollSeconds = 20;
const shortestPollMs = 1_000;

/** Follows a job to its end by long polls, and waits for a service that is away. Throws GalleyError for what does not pass. */
export async function waitForEnd(
  send: Send,
  jobId: string,
  { onChange, signal }: WaitOptions,
  patienceSeconds: number,
): Promise<Job> {
  const patience = createPatience(patienceSeconds, { signal });
  let etag: string | null = null;
  for (;;) {
    const headers = { prefer: `wait=${longPollSeconds}`, ...(etag !== null && { "if-none-match": etag }) };
    const askedAt = performance.now();
    try {
      const response: Response = await send("getJob", {
        params: { id: jobId },
        ...(etag !== null && { headers }),
        signal,
      });
      const answer: Answer<"getJob"> = await readAnswer<"getJob">(response, { signal });
      patience.renew();
      if (answer.status === 304) {
        // A proxy on the way may have left out what asks to hold the answer.
        if (performance.now() - askedAt < shortestPollMs) await pause(shortestPollMs, signal);
        continue;
      }
      etag = answer.headers.get("ETag");
      onChange?.(answer.body);
      if (answer.body.completedAt !== null) return answer.body;
    } catch (error) {
      await patience.wait(error);
    }
  }
}
