import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { planType } from "../src/author/scaffold/plan.ts";
import { writeType } from "../src/author/scaffold/write.ts";
import { runCommand } from "../src/command/command.ts";
import { readAction } from "../src/command/flags.ts";

await runCommand(async () => {
  const { words } = readAction({
    name: "npm run new",
    does: `Writes a new job type into jobs/: its input, a file for each phase, and a test that passes. It runs as it is, and is yours to
change: jobs/README.md says how. For example: npm run new -- recipe planning cooking`,
    words: "<type> <phase> [<phase> …]",
    flags: {},
  });
  const jobs = fileURLToPath(new URL("../jobs", import.meta.url));
  const [type = ""] = words;
  const files = await writeType(jobs, planType(words));
  for (const file of files) process.stdout.write(`${relative(process.cwd(), file)}\n`);
  process.stdout.write(
    `\nTry it: npm run jest -- jobs/${type}, or npm start and submit {"type":"${type}","input":{"subject":"Rain"}}.\n`,
  );
});
