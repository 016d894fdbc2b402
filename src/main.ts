import { jobTypes } from "../jobs/index.ts";
import { runCommand, stopSignal } from "./command.ts";
import { describeSettings, readConfig } from "./config.ts";
import { readFlags } from "./flags.ts";
import { createLog } from "./log.ts";
import { outliveReaders } from "./log-output.ts";
import { startGalley } from "./start.ts";

await runCommand(async () => {
  readFlags({
    name: "npm start (npm run api, npm run worker: one role alone)",
    does: `Starts the service. It is set by variables, of the environment or an .env file:\n\n${describeSettings()}`,
    flags: {},
  });
  outliveReaders();
  // From the start: a signal that comes before it is ready stops it as soon as it is.
  const stop = stopSignal();
  const config = readConfig();
  const galley = await startGalley(config, { jobTypes, log: createLog(config.LOG_LEVEL) });
  const demo =
    galley.port.provider === "demo" ? ", the demo model is answering: set OPENAI_API_KEY for a real one" : "";
  process.stdout.write(
    galley.url ? `Galley is ready at ${galley.url}${demo}\n` : `Galley's worker is ready${demo}\n`,
  );
  await stop;
  const running = galley.running();
  const waitsFor = running === 0 ? "" : `, up to ${config.SHUTDOWN_GRACE_SECONDS} s for ${phases(running)} to end`;
  process.stderr.write(`Galley stops${waitsFor}. Press Ctrl-C again to end it at once.\n`);
  await galley.close();
  process.exit(0);
});

function phases(count: number): string {
  return count === 1 ? "1 running phase" : `${count} running phases`;
}
