import { runCommand } from "../../src/command.ts";
import { readConfig } from "../../src/config.ts";
import { createLog } from "../../src/log.ts";
import { closeOnSignals } from "../../src/signals.ts";
import { startGalley } from "../../src/start.ts";
import { story } from "../../tests/support/story.ts";

/** A worker for the chaos to kill. */
await runCommand(async () => {
  const config = readConfig();
  const galley = await startGalley(config, {
    jobTypes: [story],
    log: createLog("silent"),
  });
  closeOnSignals(galley, config.SHUTDOWN_GRACE_SECONDS);
  process.stdout.write("ready\n");
});
