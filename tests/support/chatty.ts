import { setImmediate as turn } from "node:timers/promises";
import { openLog } from "../../src/log/line.ts";

// A process that logs 100,000 lines of 1 kB, and then says on stdout how much memory that has cost it.
const log = openLog("info");
const before = process.memoryUsage().rss;
let lines = 0;
while (lines < 100_000) {
  for (let i = 0; i < 100; i++, lines++) log.info({ event: "chatter", words: "word ".repeat(200) });
  await turn();
}
const megabytes = Math.round((process.memoryUsage().rss - before) / 1024 / 1024);
process.stdout.write(`${JSON.stringify({ lines, megabytes })}\n`);
process.exit(0);
