import { z } from "zod";
import { Count, Time } from "./basics.ts";

/** An entry of a job's history, as `viewEvent` gives it. What `data` holds depends on the type. */
export const Event = z
  .object({
    id: Count,
    jobId: z.string(),
    at: Time,
    type: z.enum([
      "submitted",
      "phase_started",
      "progress",
      "step_started",
      "text",
      "step_finished",
      "attempt_failed",
      "waiting",
      "answered",
      "phase_completed",
      "completed",
      "failed",
      "cancelled",
      "resumed",
      "snapshot",
    ]),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "Event" });
