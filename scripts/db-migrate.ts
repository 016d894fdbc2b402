import { runCommand } from "../src/command.ts";
import { readConfig } from "../src/config.ts";
import { migrateDatabase } from "../src/db/migrate.ts";
import { withDatabase } from "../src/db/reach.ts";

await runCommand(async () => {
  const applied = await withDatabase(readConfig(), migrateDatabase);
  process.stdout.write(applied.length > 0 ? `Applied ${applied.join(", ")}.\n` : "Nothing to apply.\n");
});
