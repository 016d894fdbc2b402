import { z } from "zod";
import { Time } from "./basics.ts";
import { Pause } from "./pause.ts";

const gate = z
  .string()
  .meta({ description: "`ok`, `unknown`, or the code of the job error for which it is left alone" });

/** Whether the service can work, as the route of `/readyz` gives it. */
export const Readiness = z
  .object({
    status: z.enum(["ready", "unavailable"]),
    reason: z.string().optional(),
    sqlState: z.string().nullable().optional(),
    checks: z.object({
      database: z.enum(["ok", "unavailable"]),
      notifications: z.enum(["listening", "polling"]),
      model: gate.meta({ description: "As for each model; `stand_in` while another one answers for the first" }),
      workers: z.enum(["ok", "missing", "unknown"]),
    }),
    typesWithoutWorker: z.array(z.string()),
    paused: z.array(Pause).meta({ description: "Everything, or types" }),
    pausedTenants: z.number().int().meta({ description: "How many" }),
    provider: z.string(),
    model: z.string(),
    modelClosedUntil: Time.nullable(),
    models: z.array(
      z.object({ provider: z.string(), model: z.string(), state: gate, closedUntil: Time.nullable() }),
    ),
    roles: z.array(z.enum(["api", "worker"])),
  })
  .meta({ id: "Readiness" });
