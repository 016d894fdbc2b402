import { runCommand } from "../src/command.ts";
import { readConfig } from "../src/config.ts";
import { migrateDatabase } from "../src/db/migrate.ts";
import { withDatabase } from "../src/db/reach.ts";
import { readFlags } from "../src/flags.ts";

await runCommand(async () => {
  readFlags({ name: "npm run db:migrate", does: "Brings the database up to date.", flags: {} });
  const applied = await withDatabase(readConfig(), migrateDatabase);
  process.stdout.write(applied.length > 0 ? `Applied ${applied.join(", ")}.\n` : "Nothing to apply.\n");
});
