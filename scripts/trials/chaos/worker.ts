import { runCommand } from "../../../src/command/command.ts";
import { createLog } from "../../../src/log/log.ts";
import { closeOnSignals } from "../../../src/process/signals.ts";
import { startGalley } from "../../../src/process/start.ts";
import { readConfig } from "../../../src/settings/config.ts";
import { shiftClock } from "./clock.ts";
import { jobTypes } from "./jobs.ts";

/** A worker for the chaos to kill. Its argument: how far its clock is ahead of the machine's, in milliseconds. */
await runCommand(async () => {
  shiftClock(Number(process.argv[2] ?? 0));
  const config = readConfig();
  const galley = await startGalley(config, {
    jobTypes,
    log: createLog("silent"),
  });
  closeOnSignals(galley, config.SHUTDOWN_GRACE_SECONDS);
  process.stdout.write("ready\n");
});
