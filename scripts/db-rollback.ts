import { runCommand } from "../src/command.ts";
import { readConfig } from "../src/config.ts";
import { rollbackDatabase } from "../src/db/migrate.ts";
import { withDatabase } from "../src/db/reach.ts";

await runCommand(async () => {
  const takenBack = await withDatabase(readConfig(), rollbackDatabase);
  process.stdout.write(takenBack ? `Took back ${takenBack}.\n` : "Nothing to take back.\n");
});
