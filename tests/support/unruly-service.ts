import { runCommand } from "../../src/command/command.ts";
import { createLog } from "../../src/log/log.ts";
import { closeOnSignals } from "../../src/process/signals.ts";
import { startGalley } from "../../src/process/start.ts";
import { readConfig } from "../../src/settings/config.ts";
import { unruly } from "./unruly.ts";

/** A service whose handlers do what they must not. Its one argument is their time limit in seconds. */
await runCommand(async () => {
  const expireInSeconds = Number(process.argv[2] ?? 600);
  const config = readConfig();
  const galley = await startGalley(config, {
    jobTypes: [unruly({ expireInSeconds })],
    log: createLog("info"),
  });
  closeOnSignals(galley, config.SHUTDOWN_GRACE_SECONDS);
  process.stdout.write(`${galley.url ?? "ready"}\n`);
});
