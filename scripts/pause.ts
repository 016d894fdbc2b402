import { jobTypes } from "../jobs/index.ts";
import { runCommand } from "../src/command/command.ts";
import { readFlags } from "../src/command/flags.ts";
import { withMigratedDatabase } from "../src/db/reach.ts";
import { StartError } from "../src/errors.ts";
import { endPause, listPauses, type Pause, type PauseTarget, pause } from "../src/generation/queue/turns/pauses.ts";
import { readConfig } from "../src/settings/config.ts";

await runCommand(async () => {
  const { target, end, reason } = readArguments();
  const paused = await withMigratedDatabase(readConfig(), async (db) => {
    if (target && end && !(await endPause(db, target))) throw new StartError("That is not paused.");
    if (target && !end) await pause(db, target, reason ?? null);
    return await listPauses(db);
  });
  if (paused.length === 0) process.stdout.write("Nothing is paused.\n");
  for (const one of paused) process.stdout.write(`${lineOf(one)}\n`);
});

function lineOf({ scope, name, reason, since }: Pause): string {
  const what = scope === "all" ? "everything" : `${scope} ${name}`;
  return [`${what} is paused since ${since.toISOString()}`, ...(reason ? [reason] : [])].join(": ");
}

function readArguments(): { target: PauseTarget | null; end: boolean; reason: string | undefined } {
  const { all, type, tenant, reason, end } = readFlags({
    name: "npm run pause",
    does: "Shows what is paused, pauses everything, a job type or a tenant, and ends that. Phases that run go on; jobs are taken, and wait.",
    flags: {
      all: { type: "boolean", help: "everything" },
      type: { type: "string", help: "a job type" },
      tenant: { type: "string", help: "a tenant" },
      reason: { type: "string", help: "for those who read /readyz" },
      end: { type: "boolean", help: "ends the pause" },
    },
  });
  const targets: PauseTarget[] = [
    ...(all ? [{ scope: "all" as const }] : []),
    ...(type ? [{ scope: "type" as const, name: type }] : []),
    ...(tenant ? [{ scope: "tenant" as const, name: tenant }] : []),
  ];
  if (targets.length > 1) throw new StartError("Give one of --all, --type and --tenant.");
  if (targets.length === 0 && (end || reason !== undefined))
    throw new StartError("--end and --reason go with --all, --type or --tenant.");
  const types = jobTypes.map((jobType): string => jobType.type);
  if (type && !end && !types.includes(type))
    throw new StartError(`There is no job type "${type}". There are ${types.join(", ")}.`);
  return { target: targets[0] ?? null, end: end ?? false, reason };
}
