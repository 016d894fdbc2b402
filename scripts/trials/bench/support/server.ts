import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express from "express";
import pg from "pg";
import { createKey } from "../../../../src/access/keys.ts";
import { usualScopes } from "../../../../src/access/scopes.ts";
import { createLog } from "../../../../src/log/log.ts";
import { startGalley } from "../../../../src/process/start.ts";
import { readConfig } from "../../../../src/settings/config.ts";
import { noop } from "./noop.ts";
import { openRawQueue } from "./raw-queue.ts";

// One of the servers that are compared, in a process of its own. It prints its address; `keyed`, which has keys and limits
// on, a key as well.
const [, , kind = "", url = ""] = process.argv;
const keyed = { DATABASE_SCHEMA: "keyed", QUEUE_SCHEMA: "keyed_queue", RATE_LIMIT_PER_MINUTE: "1000000" };

if (kind === "galley" || kind === "keyed") {
  const own = kind === "keyed" ? keyed : {};
  const config = readConfig({ DATABASE_URL: url, PORT: "0", ROLES: "api", ...own });
  const galley = await startGalley(config, { jobTypes: [noop], log: createLog("silent") });
  const key = kind === "keyed" ? ` ${await createKey(galley.database.db, "local", usualScopes)}` : "";
  process.stdout.write(`${galley.url}${key}\n`);
} else {
  const app = express();
  if (kind === "send") {
    const { boss } = await openRawQueue(url, "raw_http");
    app.post("/", express.json(), async (request, response) => {
      response.status(202).json({ id: await boss.send("one", request.body) });
    });
  } else {
    const pool = new pg.Pool({ connectionString: url, max: 20 });
    app.get("/:id", async (request, response) => {
      const { rows } = await pool.query("select * from generation_jobs where id = $1", [request.params.id]);
      response.json(rows[0]);
    });
  }
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
}
