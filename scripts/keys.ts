import { createKey, type ListedKey, listKeys, revokeKey } from "../src/access/keys.ts";
import { type Scope, scopes, usualScopes } from "../src/access/scopes.ts";
import { isTenantName, tenantNameWords } from "../src/access/tenant-name.ts";
import { runCommand } from "../src/command/command.ts";
import { readAction } from "../src/command/flags.ts";
import type { Db } from "../src/db/client.ts";
import { withMigratedDatabase } from "../src/db/reach.ts";
import { StartError } from "../src/errors.ts";
import { readConfig } from "../src/settings/config.ts";

await runCommand(async () => {
  const order = readArguments();
  process.stdout.write(await withMigratedDatabase(readConfig(), (db) => carryOut(db, order)));
});

type Order =
  | { action: "create"; tenant: string; scopes: Scope[] }
  | { action: "list" }
  | { action: "revoke"; id: string };

async function carryOut(db: Db, order: Order): Promise<string> {
  switch (order.action) {
    case "create": {
      const key = await createKey(db, order.tenant, order.scopes);
      process.stderr.write(`The key of ${order.tenant} is shown this once:\n`);
      return `${key}\n`;
    }
    case "list": {
      const keys = await listKeys(db);
      return keys.length === 0 ? "There are no keys.\n" : keys.map((key) => `${lineOf(key)}\n`).join("");
    }
    case "revoke":
      if (!(await revokeKey(db, order.id))) throw new StartError(`There is no key ${order.id} that is in force.`);
      return `Revoked ${order.id}.\n`;
  }
}

function lineOf({ id, tenant, scopes, createdAt, lastUsedAt, revokedAt }: ListedKey): string {
  return [
    `${id}: ${tenant}`,
    scopes.join(" "),
    `made ${timeOf(createdAt)}`,
    lastUsedAt === null ? "never used" : `last used ${timeOf(lastUsedAt)}`,
    ...(revokedAt === null ? [] : [`revoked ${timeOf(revokedAt)}`]),
  ].join(", ");
}

function timeOf(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

function readArguments(): Order {
  const { words, flags } = readAction({
    name: "npm run keys",
    does: "Makes, lists and revokes API keys. As soon as there is one, the service wants a key of each request.",
    actions: {
      create: "makes a key for --tenant, and shows it once",
      list: "shows all keys, and when each was last used",
      "revoke ID": "revokes a key for good, in all processes within a second",
    },
    flags: {
      tenant: { type: "string", help: "whose key it is, for create" },
      scopes: { type: "string", help: `of ${scopes.join(",")}; else ${usualScopes.join(",")}` },
    },
  });
  const [action, id = ""] = words;
  if (action === "create") return { action, tenant: tenantOf(flags.tenant), scopes: scopesOf(flags.scopes) };
  if (flags.tenant !== undefined || flags.scopes !== undefined) {
    throw new StartError("--tenant and --scopes go with create.");
  }
  return action === "revoke" ? { action, id: idOf(id) } : { action: "list" };
}

function tenantOf(given: string | undefined): string {
  if (!given) throw new StartError("--tenant is needed: npm run keys -- create --tenant acme");
  if (isTenantName(given)) return given;
  throw new StartError(`--tenant takes ${tenantNameWords}, got "${given}".`);
}

function scopesOf(given: string | undefined): Scope[] {
  if (given === undefined) return [...usualScopes];
  const wanted = given.split(",").map((one) => one.trim());
  const unknown = wanted.find((one) => !scopes.some((scope) => scope === one));
  if (unknown !== undefined) throw new StartError(`--scopes takes some of ${scopes.join(",")}, got "${given}".`);
  return scopes.filter((scope) => wanted.includes(scope));
}

// Who has the whole key at hand may give that, and it is not repeated on the screen.
function idOf(given: string): string {
  return /^glly_([0-9a-f]{16})_/.exec(given)?.[1] ?? given;
}
