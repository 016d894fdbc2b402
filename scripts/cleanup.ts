import { runCommand } from "../src/command/command.ts";
import { readFlags } from "../src/command/flags.ts";
import { withMigratedDatabase } from "../src/db/reach.ts";
import { StartError } from "../src/errors.ts";
import { cleanUp } from "../src/generation/upkeep/retention.ts";
import { removeText } from "../src/generation/upkeep/text-retention.ts";
import { readConfig } from "../src/settings/config.ts";

await runCommand(async () => {
  const { dryRun, retentionDays } = readArguments();
  const config = readConfig();
  const days = retentionDays ?? config.RETENTION_DAYS;
  const textDays = config.TEXT_RETENTION_DAYS;
  const [{ jobs, events, steps }, texts] = await withMigratedDatabase(config, async (db) => [
    await cleanUp(db, { retentionDays: days, dryRun }),
    await removeText(db, { days: textDays, dryRun }),
  ]);
  const verb = dryRun ? "Would remove" : "Removed";
  process.stdout.write(
    `${verb} ${jobs} jobs that finished more than ${days} days ago, with ${events} events and ${steps} steps.\n` +
      `${verb} ${texts} pieces of text of jobs that finished more than ${textDays} ${textDays === 1 ? "day" : "days"} ago.\n`,
  );
});

function readArguments(): { dryRun: boolean; retentionDays: number | null } {
  const values = readFlags({
    name: "npm run cleanup",
    does: "Removes old finished jobs and streamed text now, as the schedule does every night.",
    flags: {
      "dry-run": { type: "boolean", help: "only says what it would remove" },
      "older-than": { type: "string", help: "days since a job has finished, like 30d; else RETENTION_DAYS" },
    },
  });
  const olderThan = values["older-than"];
  const days = olderThan === undefined ? null : /^(\d{1,5})d$/.exec(olderThan)?.[1];
  if (days === undefined) throw new StartError(`--older-than takes a number of days like 30d, got "${olderThan}".`);
  return { dryRun: values["dry-run"], retentionDays: days === null ? null : Number(days) };
}
