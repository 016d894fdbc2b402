import { runCommand } from "../../src/command/command.ts";
import { readFlags } from "../../src/command/flags.ts";
import { withDatabase } from "../../src/db/reach.ts";
import { grantsFor } from "../../src/db/rights/grants.ts";
import { StartError } from "../../src/errors.ts";
import { readConfig } from "../../src/settings/config.ts";

await runCommand(async () => {
  const role = readArguments();
  const statements = await withDatabase(readConfig(), (url, place) => grantsFor(url, place, role));
  if (statements.length === 0) statements.push(`-- The role ${role} has what Galley needs.`);
  process.stdout.write(`${statements.join("\n")}\n`);
});

function readArguments(): string {
  const { role } = readFlags({
    name: "npm run db:grants",
    does: "Prints, as SQL for the owner of the database, the grants that a role needs.",
    flags: { role: { type: "string", help: "the role that Galley connects as" } },
  });
  if (!role) throw new StartError("--role is needed: npm run db:grants -- --role app");
  return role;
}
