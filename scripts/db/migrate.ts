import { runCommand } from "../../src/command/command.ts";
import { readFlags } from "../../src/command/flags.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { withDatabase } from "../../src/db/reach.ts";
import { readConfig } from "../../src/settings/config.ts";

await runCommand(async () => {
  readFlags({ name: "npm run db:migrate", does: "Brings the database up to date.", flags: {} });
  const applied = await withDatabase(readConfig(), migrateDatabase);
  process.stdout.write(applied.length > 0 ? `Applied ${applied.join(", ")}.\n` : "Nothing to apply.\n");
});
