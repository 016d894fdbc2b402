import { z } from "zod";
import { type Address, call } from "./http.ts";

const Job = z.object({
  id: z.string(),
  status: z.enum(["pending", "processing", "completed", "failed", "cancelled"]),
  phase: z.string(),
  percentage: z.number(),
  currentStep: z.string(),
  waitingFor: z.string().nullable(),
  provider: z.string().nullable(),
  articleId: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});

/** What a follower reads of a job. */
export type FollowedJob = z.infer<typeof Job>;

const longPollSeconds = 20;

/** Submits a job. The key makes it safe to send again. */
export async function submitJob(
  service: Address,
  submission: object,
  idempotencyKey: string,
): Promise<FollowedJob> {
  const response = await call(service, "/v1/jobs", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": idempotencyKey },
    body: JSON.stringify(submission),
  });
  return Job.parse(await response.json());
}

/** Follows a job to its end by long polls. `onChange` gets each state that was seen. */
export async function followJob(
  service: Address,
  job: FollowedJob,
  onChange: (job: FollowedJob) => void,
): Promise<FollowedJob> {
  let seen = job;
  for (;;) {
    onChange(seen);
    if (seen.status !== "pending" && seen.status !== "processing") return seen;
    const response = await call(service, `/v1/jobs/${job.id}`, { headers: { Prefer: `wait=${longPollSeconds}` } });
    seen = Job.parse(await response.json());
  }
}
