import { z } from "zod";
import { Cost, Count, Time, Uuid } from "./basics.ts";
import { JobErrorCodes, Status } from "./job.ts";

const JobInShort = z.object({
  id: z.string(),
  type: z.string(),
  status: Status,
  phase: z.string(),
  percentage: z.int().min(0).max(100),
  cost: Cost.nullable(),
  articleId: Uuid.nullable(),
  errorCode: JobErrorCodes.nullable(),
});

/** What `viewListedBatch` gives. */
export const ListedBatch = z
  .object({
    id: z.string(),
    status: z.enum(["processing", "completed"]).meta({ description: "`completed` once no job is live" }),
    percentage: z.int().min(0).max(100),
    counts: z.object({ pending: Count, processing: Count, completed: Count, failed: Count, cancelled: Count }),
    total: Count,
    cost: Cost.nullable().meta({ description: "USD; null as soon as the cost of one job is not known" }),
    tags: z.array(z.string()),
    createdAt: Time,
    completedAt: Time.nullable().meta({ description: "When all jobs were finished for the first time" }),
    urls: z.object({ self: z.string(), jobs: z.string(), cancel: z.string() }),
  })
  .meta({ id: "ListedBatch" });

/** What `viewBatch` gives. */
export const Batch = ListedBatch.extend({ jobs: z.array(JobInShort) }).meta({ id: "Batch" });
