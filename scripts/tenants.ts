import { runCommand } from "../src/command/command.ts";
import { readFlags } from "../src/command/flags.ts";
import { withMigratedDatabase } from "../src/db/reach.ts";
import { StartError } from "../src/errors.ts";
import { setShare, type TenantShare } from "../src/generation/queue/turns/tenant-share.ts";
import { readTenantUse, setDailyBudget, type TenantUse } from "../src/money/budgets.ts";
import { readConfig } from "../src/settings/config.ts";
import { Usd } from "../src/usd.ts";

await runCommand(async () => {
  const change = readArguments();
  const tenants = await withMigratedDatabase(readConfig(), async (db) => {
    if (change) {
      const { tenant, share, dailyBudgetUsd } = change;
      if (share) await setShare(db, tenant, share);
      if (dailyBudgetUsd !== undefined) await setDailyBudget(db, tenant, dailyBudgetUsd);
    }
    return await readTenantUse(db);
  });
  if (tenants.length === 0)
    process.stdout.write("No tenant has a key, nothing is set for one, and none called a model today.\n");
  for (const tenant of tenants) process.stdout.write(`${lineOf(tenant)}\n`);
});

function lineOf({ tenant, dailyBudgetUsd, usedTodayUsd, weight, maxRunning }: TenantUse): string {
  return [
    `${tenant}: ${usedTodayUsd} USD used today`,
    dailyBudgetUsd === null ? "no daily budget" : `of ${dailyBudgetUsd} USD`,
    `weight ${weight}`,
    maxRunning === null ? "no limit of running jobs" : `at most ${maxRunning} running jobs`,
  ].join(", ");
}

type Change = { tenant: string; dailyBudgetUsd: string | null | undefined; share: TenantShare | null };

function readArguments(): Change | null {
  const values = readFlags({
    name: "npm run tenants",
    does: "Shows what each tenant used today, from one midnight UTC to the next, may use, and gets as its share; sets it.",
    flags: {
      tenant: { type: "string", help: "for whom to set it" },
      "daily-budget": { type: "string", help: "dollars like 5.00, or none" },
      weight: { type: "string", help: "turns for another tenant's one, 1 to 100" },
      "max-running": { type: "string", help: "jobs under way at once, or none" },
    },
  });
  const { tenant, "daily-budget": budget, weight, "max-running": maxRunning } = values;
  const given = [budget, weight, maxRunning].some((value) => value !== undefined);
  if (tenant === undefined && !given) return null;
  if (!tenant || !given) {
    throw new StartError(
      "--tenant goes with --daily-budget, --weight or --max-running, and each of them with --tenant.",
    );
  }
  const share = { weight: weightOf(weight), maxRunning: limitOf(maxRunning) };
  const hasShare = weight !== undefined || maxRunning !== undefined;
  return { tenant, dailyBudgetUsd: budgetOf(budget), share: hasShare ? share : null };
}

function budgetOf(given: string | undefined): string | null | undefined {
  if (given === undefined || given === "none") return given && null;
  const { data } = Usd.safeParse(given);
  if (data === undefined) throw new StartError(`--daily-budget takes dollars like 5.00, or none, got "${given}".`);
  return data;
}

function weightOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (!/^([1-9]\d?|100)$/.test(given))
    throw new StartError(`--weight takes a number from 1 to 100, got "${given}".`);
  return Number(given);
}

function limitOf(given: string | undefined): number | null | undefined {
  if (given === undefined || given === "none") return given && null;
  if (!/^\d{1,6}$/.test(given)) throw new StartError(`--max-running takes a number, or none, got "${given}".`);
  return Number(given);
}
