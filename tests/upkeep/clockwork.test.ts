import { expect, test } from "@jest/globals";
import pino from "pino";
import { openDatabase } from "../../src/db/client.ts";
import { createCatalogue } from "../../src/generation/job/catalogue.ts";
import { openQueue } from "../../src/generation/queue/queue.ts";
import { createTestDatabase } from "../support/database.ts";
import { eventually } from "../support/galley.ts";
import { relay } from "../support/types.ts";

test("what runs by the clock and fails says so in the log, and is done with until its next time", async () => {
  const own = await createTestDatabase();
  const lines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const database = await openDatabase(own.url, log);
  const open = () => openQueue(database, createCatalogue([relay()]), log, { supervise: false });
  const fail = () => Promise.reject(new Error("The broom is broken."));

  const first = await open();
  await first.schedule("sweep", "0 0 1 1 *", fail);
  await first.stop();
  // As if the clock had come to it.
  await own.query("insert into galley_queue.job (name) values ('sweep')");
  const second = await open();
  await second.schedule("sweep", "0 0 1 1 *", fail);
  try {
    await eventually(
      async () => (await own.query("select state from galley_queue.job where name = 'sweep'")).rows,
      ([job]) => job?.state === "completed",
    );
    expect(lines).toMatchObject([{ event: "sweep_failed", err: { message: "The broom is broken." } }]);
  } finally {
    await second.stop();
    await database.close();
    await own.drop();
  }
});
