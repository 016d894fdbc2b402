import { jobTypes } from "../jobs/index.ts";
import { closeOnSignals, runCommand } from "./command.ts";
import { readConfig } from "./config.ts";
import { createLog } from "./log.ts";
import { outliveReaders } from "./log-output.ts";
import { startGalley } from "./start.ts";

await runCommand(async () => {
  outliveReaders();
  const config = readConfig();
  const galley = await startGalley(config, { jobTypes, log: createLog(config.LOG_LEVEL) });
  const demo =
    galley.port.provider === "demo" ? ", the demo model is answering: set OPENAI_API_KEY for a real one" : "";
  process.stdout.write(
    galley.url ? `Galley is ready at ${galley.url}${demo}\n` : `Galley's worker is ready${demo}\n`,
  );
  closeOnSignals(galley.close);
});
