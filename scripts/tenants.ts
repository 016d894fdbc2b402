import { runCommand } from "../src/command.ts";
import { readConfig } from "../src/config.ts";
import { withMigratedDatabase } from "../src/db/reach.ts";
import { StartError } from "../src/errors.ts";
import { readFlags } from "../src/flags.ts";
import { readTenantUse, setDailyBudget } from "../src/money/budgets.ts";
import { Usd } from "../src/usd.ts";

await runCommand(async () => {
  const change = readArguments();
  const tenants = await withMigratedDatabase(readConfig(), async (db) => {
    if (change) await setDailyBudget(db, change.tenant, change.dailyBudgetUsd);
    return await readTenantUse(db);
  });
  if (tenants.length === 0) process.stdout.write("No tenant has a budget, or called a model today.\n");
  for (const { tenant, dailyBudgetUsd, usedTodayUsd } of tenants) {
    const budget = dailyBudgetUsd === null ? "no daily budget" : `of ${dailyBudgetUsd} USD`;
    process.stdout.write(`${tenant}: ${usedTodayUsd} USD used today, ${budget}\n`);
  }
});

function readArguments(): { tenant: string; dailyBudgetUsd: string | null } | null {
  const { tenant, "daily-budget": given } = readFlags({
    name: "npm run tenants",
    does: "Shows what each tenant used today and may use, from one midnight UTC to the next; sets a budget.",
    flags: {
      tenant: { type: "string", help: "whose budget to set" },
      "daily-budget": { type: "string", help: "dollars like 5.00, or none" },
    },
  });
  if (tenant === undefined && given === undefined) return null;
  if (!tenant || given === undefined) throw new StartError("--tenant and --daily-budget go together.");
  const budget = given === "none" ? null : Usd.safeParse(given).data;
  if (budget === undefined)
    throw new StartError(`--daily-budget takes dollars like 5.00, or none, got "${given}".`);
  return { tenant, dailyBudgetUsd: budget };
}
