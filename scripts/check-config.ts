import { runCommand } from "../src/command.ts";
import { describeConfig, readConfig } from "../src/config.ts";

await runCommand(async () => {
  process.stdout.write(`${describeConfig(readConfig())}\n`);
});
