import { jobTypes } from "../jobs/index.ts";
import { runCommand } from "../src/command/command.ts";
import { readFlags } from "../src/command/flags.ts";
import { StartError } from "../src/errors.ts";
import { createLog } from "../src/log/log.ts";
import { drain } from "../src/process/drain.ts";
import { readConfig } from "../src/settings/config.ts";

await runCommand(async () => {
  const { budget } = readFlags({
    name: "npm run drain",
    does: "Runs what is due, then exits: for cron and serverless.",
    flags: { budget: { type: "string", default: "25s", help: "how long it may take" } },
  });
  const budgetSeconds = Number(/^(\d{1,5}(?:\.\d+)?)s$/.exec(budget)?.[1]);
  if (!(budgetSeconds > 0)) throw new StartError(`--budget takes a number of seconds like 25s, got "${budget}".`);
  const until = AbortSignal.timeout(budgetSeconds * 1000);
  const config = readConfig();
  const { live } = await drain(config, { jobTypes, log: createLog(config.LOG_LEVEL, config.LOG_FORMAT), until });
  const said = live === 0 ? "Nothing is left to do.\n" : `${live} jobs are left for the next call.\n`;
  // A collector of traces that does not answer would be tried for ten seconds more.
  process.stdout.write(said, () => process.exit());
});
