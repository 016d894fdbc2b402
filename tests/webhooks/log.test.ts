import { expect, test } from "@jest/globals";
import request from "supertest";
import { createTestDatabase } from "../support/database.ts";
import { eventually } from "../support/galley.ts";
import { run } from "../support/process.ts";
import { startReceiver, status } from "../support/receiver.ts";

test("the log tells how each try went, and neither addresses nor secrets nor texts", async () => {
  const database = await createTestDatabase();
  const receiver = await startReceiver();
  receiver.script(status(500));
  const service = run("src/main.ts", [], {
    DATABASE_URL: database.url,
    PORT: "0",
    LOG_LEVEL: "trace",
    WEBHOOK_ALLOWED_ADDRESSES: "127.0.0.1",
  });
  const ready = await eventually(service.stdout, (text) => text.includes("ready at"));
  const url = /http:\S+\d/.exec(ready)?.[0] ?? "";
  const { body: webhook } = await request(url)
    .post("/v1/webhooks")
    .send({ url: `${receiver.url}/path-secret?key=query-secret` });
  const { body: job } = await request(url)
    .post("/v1/jobs")
    .send({ type: "article", input: { topic: { title: "Seldom words on bread" } }, webhookUrl: receiver.url });
  await request(url).post(`/v1/jobs/${job.id}/cancel`);
  await receiver.whenReceived(2);
  const lines = () =>
    service
      .stderr()
      .split("\n")
      .filter((line) => line.includes('"event":"webhook"'));
  await eventually(lines, (found) => found.length >= 2);
  const told = lines().map((line) => JSON.parse(line));
  expect(told.map(({ type, state, status }) => [type, state, status]).toSorted()).toEqual([
    ["job.cancelled", "delivered", 204],
    ["job.cancelled", "pending", 500],
  ]);
  const signatures = receiver.received.map(({ headers }) => String(headers["webhook-signature"]));
  const secrets = [webhook.secret, "path-secret", "query-secret", "Seldom words", ...signatures];
  expect(secrets.filter((secret) => service.stderr().includes(secret))).toEqual([]);

  service.child.kill("SIGTERM");
  await service.exit;
  await receiver.close();
  await database.drop();
});
