import { once } from "node:events";
import { createInterface } from "node:readline";
import { Client } from "pg";
import { startEmbeddedPostgres } from "../../src/postgres/embedded.ts";

// A process that uses the embedded PostgreSQL of the directory named by its argument. It prints one line of JSON: the
// server's url, or the error. At "stop" on its input it leaves and ends. At Ctrl-C it asks the server something, as
// a process would that drains, prints the answer, and ends without leaving.
try {
  const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? "", fsync: false });
  const client = new Client({ connectionString: postgres.url });
  client.on("error", () => {});
  await client.connect();
  process.once("SIGINT", async () => {
    say((await client.query("select 'still here' as answer")).rows[0]);
    process.exit();
  });
  say({ url: postgres.url });
  await once(createInterface(process.stdin), "line");
  await client.end();
  await postgres.stop();
  process.exit();
} catch (error) {
  say({ error: String(error) });
  process.exit(1);
}

function say(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
