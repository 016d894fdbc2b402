import { closeOnSignals, runCommand } from "../../src/command.ts";
import { readConfig } from "../../src/config.ts";
import { createLog } from "../../src/log.ts";
import { startGalley } from "../../src/start.ts";
import { story } from "../../tests/support/story.ts";

/** A worker for the chaos to kill. */
await runCommand(async () => {
  const galley = await startGalley(readConfig(), {
    jobTypes: [story],
    log: createLog("silent"),
  });
  closeOnSignals(galley.close);
  process.stdout.write("ready\n");
});
