import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { createStandstill } from "../../src/db/commit/standstill.ts";

test("time stands still from the first write that fails until one is answered", async () => {
  const standstill = createStandstill();
  await delay(30);
  expect(standstill.milliseconds()).toBe(0);
  standstill.failed();
  await delay(30);
  standstill.failed();
  await delay(30);
  const during = standstill.milliseconds();
  expect(during).toBeGreaterThan(50);
  standstill.answered();
  const after = standstill.milliseconds();
  await delay(30);
  expect(standstill.milliseconds()).toBe(after);
});

test("a write that keeps failing beside others that land stops the time of none", async () => {
  const standstill = createStandstill();
  for (let round = 0; round < 5; round++) {
    standstill.failed();
    standstill.answered();
    await delay(20);
  }
  expect(standstill.milliseconds()).toBeLessThan(20);
});
