import { runCommand } from "../src/command/command.ts";
import { readFlags } from "../src/command/flags.ts";
import { withMigratedDatabase } from "../src/db/reach.ts";
import type { Removed, Retention } from "../src/db/schema/upkeep/cleanup.ts";
import { StartError } from "../src/errors.ts";
import { cleanUp } from "../src/generation/upkeep/cleanup/cleanup.ts";
import { countRemovable } from "../src/generation/upkeep/cleanup/removable.ts";
import { retentionOf } from "../src/generation/upkeep/cleanup/retention.ts";
import { type CleanupRun, readCleanup } from "../src/generation/upkeep/cleanup/runs.ts";
import { readConfig } from "../src/settings/config.ts";

await runCommand(async () => {
  const { dryRun, olderThanDays } = readArguments();
  const config = readConfig();
  const retention = { ...retentionOf(config), ...(olderThanDays !== null && { jobs: olderThanDays }) };
  await withMigratedDatabase(config, async (db) => {
    if (dryRun) print("Would remove", await countRemovable(db, retention), retention);
    else {
      const began = performance.now();
      const { removed, bytes } = await cleanUp(db, { retention, cause: "hand" });
      print("Removed", removed, retention);
      const seconds = (performance.now() - began) / 1_000;
      process.stdout.write(`That frees ${inMegabytes(bytes)} for new rows, and took ${seconds.toFixed(1)} s.\n`);
    }
    const { nextDueAt, runs } = await readCleanup(db);
    const [last] = runs;
    if (dryRun && last) process.stdout.write(`The last run ${describe(last)}.\n`);
    process.stdout.write(`The schedule's next run is due at ${nextDueAt.toISOString()}.\n`);
  });
});

function print(verb: string, removed: Removed, retention: Retention): void {
  const { jobs, events, steps, text, calls, removedIds, workers } = removed;
  process.stdout.write(
    `${verb} ${jobs} jobs that finished more than ${retention.jobs} days ago, in all ${events} events, ${text} pieces of text ` +
      `and ${steps} steps, ${calls} calls of the ledger, ${removedIds} ids of removed jobs and ${workers} ended workers.\n`,
  );
}

function describe({ cause, startedAt, seenAt, finishedAt, failure, removed, bytes }: CleanupRun): string {
  const what = `of ${startedAt.toISOString()} (${cause}) removed ${removed.jobs} jobs, freed ${inMegabytes(bytes)}`;
  if (failure) return `${what} and failed: ${failure}`;
  if (!finishedAt) return `${what} so far and has not ended; its last batch was at ${seenAt.toISOString()}`;
  return `${what} and took ${((finishedAt.getTime() - startedAt.getTime()) / 1_000).toFixed(1)} s`;
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function readArguments(): { dryRun: boolean; olderThanDays: number | null } {
  const values = readFlags({
    name: "npm run cleanup",
    does: "Removes now what is past its retention, as the schedule does every night.",
    flags: {
      "dry-run": { type: "boolean", help: "only says what it would remove, and how the last run went" },
      "older-than": { type: "string", help: "days since a job has finished, like 30d; else RETENTION_DAYS" },
    },
  });
  const olderThan = values["older-than"];
  const days = olderThan === undefined ? null : /^(\d{1,5})d$/.exec(olderThan)?.[1];
  if (days === undefined) throw new StartError(`--older-than takes a number of days like 30d, got "${olderThan}".`);
  return { dryRun: values["dry-run"], olderThanDays: days === null ? null : Number(days) };
}
