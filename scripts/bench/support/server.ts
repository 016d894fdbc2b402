import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express from "express";
import pg from "pg";
import { createLog } from "../../../src/log/log.ts";
import { readConfig } from "../../../src/settings/config.ts";
import { startGalley } from "../../../src/start.ts";
import { noop } from "./noop.ts";
import { openRawQueue } from "./raw-queue.ts";

// One of the servers that are compared, in a process of its own. It prints its address.
const [, , kind = "", url = ""] = process.argv;

if (kind === "galley") {
  const config = readConfig({ DATABASE_URL: url, PORT: "0", ROLES: "api" });
  const galley = await startGalley(config, { jobTypes: [noop], log: createLog("silent") });
  process.stdout.write(`${galley.url}\n`);
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
