import { runCommand } from "../src/command.ts";
import { readConfig } from "../src/config.ts";
import { requireServer } from "../src/db/client.ts";
import { rollbackDatabase } from "../src/db/migrate.ts";
import { withDatabase } from "../src/db/reach.ts";

await runCommand(async () => {
  const takenBack = await withDatabase(readConfig(), async (url) => {
    await requireServer(url);
    return await rollbackDatabase(url);
  });
  process.stdout.write(takenBack ? `Took back ${takenBack}.\n` : "Nothing to take back.\n");
});
