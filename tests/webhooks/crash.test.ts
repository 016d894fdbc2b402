import { expect, test } from "@jest/globals";
import { createTestDatabase } from "../support/database.ts";
import { crash, eventually, startTestGalley } from "../support/galley.ts";
import { startReceiver } from "../support/receiver.ts";
import { relay } from "../support/types.ts";

const env = { WEBHOOK_ALLOWED_ADDRESSES: "127.0.0.1" };
const jobTypes = [relay()];

test("a process that dies between sending and writing so sends again under the same id", async () => {
  const test = await createTestDatabase();
  const receiver = await startReceiver();
  const dying = await startTestGalley({ jobTypes, env, test });
  // It dies as soon as the receiver has the event.
  receiver.script((response) => {
    crash(dying);
    response.writeHead(204).end();
  });
  const submission = { type: "relay", input: { text: "go" }, webhookUrl: receiver.url };
  const { job } = await dying.service.submit("local", submission);
  await receiver.whenReceived(1);

  const next = await startTestGalley({ jobTypes, env, test });
  const read = async () =>
    (await test.query("select state, attempts from webhook_deliveries where job_id = $1", [job.id])).rows;
  expect(await read()).toEqual([{ state: "pending", attempts: 0 }]);
  await test.query("update galley_queue.job set started_on = now() - interval '1 hour' where name = 'webhook'");
  await test.query("update galley_queue.queue set monitor_claim_on = now() - interval '1 hour'");
  await next.queue.supervise();
  await eventually(
    async () =>
      (
        await test.query(
          "update galley_queue.job set start_after = now() where name = 'webhook' and state = 'retry' returning id",
        )
      ).rowCount,
    (count) => count === 1,
  );
  await test.query("select pg_notify('galley:public', '{}')");
  const received = await receiver.whenReceived(2);
  expect(received[1]?.id).toBe(received[0]?.id);
  expect(received[1]?.text).toBe(received[0]?.text);
  expect(await eventually(read, ([row]) => row?.state === "delivered")).toEqual([
    { state: "delivered", attempts: 1 },
  ]);

  await next.close();
  await dying.close();
  await receiver.close();
  await test.drop();
});

test("what was written before a process died is relayed by the next one", async () => {
  const test = await createTestDatabase();
  const receiver = await startReceiver();
  const api = await startTestGalley({ jobTypes, env: { ...env, ROLES: "api" }, test });
  const submission = { type: "relay", input: { text: "go" }, webhookUrl: receiver.url };
  const { job } = await api.service.submit("local", submission);
  await api.close();
  // The commit of a process that died behind it: the trigger has written, and nothing relays.
  await test.query(
    "update generation_jobs set status = 'cancelled', completed_at = now(), queue_job_id = null where id = $1",
    [job.id],
  );
  const next = await startTestGalley({ jobTypes, env, test });
  const [one] = await receiver.whenReceived(1);
  expect(one?.event).toMatchObject({ type: "job.cancelled", data: { id: job.id, status: "cancelled" } });
  expect(receiver.received).toHaveLength(1);
  await next.close();
  await receiver.close();
  await test.drop();
});
