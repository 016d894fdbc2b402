import { runCommand } from "../../src/command/command.ts";
import { readFlags } from "../../src/command/flags.ts";
import { listRemovals, rollbackDatabase } from "../../src/db/migrate.ts";
import { withDatabase } from "../../src/db/reach.ts";
import { readConfig } from "../../src/settings/config.ts";

await runCommand(async () => {
  const { yes } = readFlags({
    name: "npm run db:rollback",
    does: "Takes the newest migration back, and says what that removes.",
    flags: { yes: { type: "boolean", help: "also when rows go with it" } },
  });
  const result = await withDatabase(readConfig(), (url, place) =>
    rollbackDatabase(url, place, { evenWithRows: yes }),
  );
  if (!result) process.stdout.write("Nothing to take back.\n");
  else {
    const { tag, removed } = result;
    process.stdout.write(
      `Took back ${tag}${removed.length > 0 ? `, and with it ${listRemovals(removed)}` : ""}.\n`,
    );
  }
});
