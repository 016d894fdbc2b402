import { runCommand } from "../../src/command/command.ts";
import { createLog } from "../../src/log/log.ts";
import { closeOnSignals } from "../../src/process/signals.ts";
import { startGalley } from "../../src/process/start.ts";
import { readConfig } from "../../src/settings/config.ts";
import { books } from "./books.ts";

/** A service whose jobs spawn others: books, and their chapters. */
await runCommand(async () => {
  const { book, chapter } = books(
    async ({ input }) => ({ text: `${input.title}!` }),
    () => undefined,
  );
  const config = readConfig();
  const galley = await startGalley(config, { jobTypes: [book, chapter], log: createLog("warn") });
  closeOnSignals(galley, config.SHUTDOWN_GRACE_SECONDS);
  process.stdout.write(`${galley.url} is ready\n`);
});
