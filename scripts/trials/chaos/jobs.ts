import type { JobType } from "../../../src/author/index.ts";
import type { Db } from "../../../src/db/client.ts";
import { setShare } from "../../../src/generation/queue/turns/tenant-share.ts";
import type { Submission } from "../../../src/generation/requests/submit.ts";
import { setDailyBudget } from "../../../src/money/budgets.ts";
import { story } from "../../../tests/support/story.ts";

/** Three types of the same phases, which share the slots. */
export const jobTypes: readonly JobType[] = ["story", "saga", "tale"].map((type) => ({ ...story, type }));

// The first has most of the jobs.
const tenants = ["heavy", "light", "weighty", "narrow", "thrifty"];

/** Gives three tenants what may go wrong: a weight, a limit, and a day's budget, which is never used up. */
export async function setUpTenants(db: Db): Promise<void> {
  await setShare(db, "weighty", { weight: 3 });
  await setShare(db, "narrow", { maxRunning: 5 });
  await setDailyBudget(db, "thrifty", "1000000");
}

/** The job of this number: its tenant and what is submitted. One in ten has a single attempt. */
export function jobOf(number: number): { tenant: string; submission: Submission } {
  const place = number % 12;
  const tenant = tenants[place < 8 ? 0 : place - 7] as string;
  const type = jobTypes[number % jobTypes.length]?.type ?? "";
  const submission = {
    type,
    input: { title: "Chaos", chapters: 2 },
    maxAttempts: number % 10 === 0 ? 1 : 20,
    priority: number % 3,
    idempotencyKey: `${number}`,
  };
  return { tenant, submission };
}
