import { afterEach, expect, test } from "@jest/globals";
import { eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
afterEach(() => galley.close());

test.each(["1", "4"])("with %s slots a job is not kept waiting by another type's backlog", async (slots) => {
  const started: string[] = [];
  const noting = (type: string) => ({
    ...relay({
      first: async ({ input }) => {
        started.push(type);
        return input;
      },
    }),
    type,
  });
  const jobTypes = [noting("long"), noting("short")];
  galley = await startTestGalley({ jobTypes, env: { ROLES: "api" } });
  const submit = (type: string) => galley.service.submit("local", { type, input: { text: "go" } });
  for (let submitted = 0; submitted < 4; submitted++) await submit("long");
  await submit("short");
  for (let submitted = 0; submitted < 60; submitted++) await submit("long");

  const worker = await startTestGalley({
    jobTypes,
    test: galley.test,
    env: { ROLES: "worker", WORKER_CONCURRENCY: slots },
  });
  await eventually(
    () => started.length,
    (count) => count === 65,
  );
  await worker.close();
  expect(started.indexOf("short")).toBeLessThanOrEqual(8);
});
