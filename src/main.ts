import { jobTypes } from "../jobs/index.ts";
import { runCommand } from "./command/command.ts";
import { readFlags } from "./command/flags.ts";
import { createLog } from "./log/log.ts";
import { outliveReaders } from "./log/output.ts";
import { closeOnSignals } from "./process/signals.ts";
import { type Galley, startGalley } from "./process/start.ts";
import { startedLine } from "./process/started.ts";
import { describeSettings, readConfig } from "./settings/config.ts";

await runCommand(async () => {
  readFlags({
    name: "npm start (npm run api, npm run worker: one role alone)",
    does: `Starts the service. It is set by variables, of the environment or an .env file:\n\n${describeSettings()}`,
    flags: {},
  });
  outliveReaders();
  const config = readConfig();
  const stopped = new AbortController();
  const log = createLog(config.LOG_LEVEL, config.LOG_FORMAT);
  const starting = startGalley(config, { jobTypes, log, until: stopped.signal });
  let galley: Galley | null = null;
  closeOnSignals(
    {
      running: () => galley?.running() ?? 0,
      hurry: () => galley?.hurry(),
      async close() {
        stopped.abort();
        // What a start that was stopped had begun, it has closed itself.
        await starting.then(
          ({ close }) => close(),
          () => undefined,
        );
      },
    },
    config.SHUTDOWN_GRACE_SECONDS,
  );
  galley = await starting.catch((error: unknown) => {
    if (stopped.signal.aborted) return null;
    throw error;
  });
  if (!galley) return;
  log.info(startedLine(config, galley.models));
  const demo =
    galley.models.usual[0].provider === "demo"
      ? ", the demo model is answering: set OPENAI_API_KEY for a real one"
      : "";
  process.stdout.write(
    galley.url
      ? `Galley is ready at ${galley.url}${demo}\n`
      : `Galley's worker is ready${galley.metricsUrl ? `, metrics are at ${galley.metricsUrl}` : ""}${demo}\n`,
  );
});
