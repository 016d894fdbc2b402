import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { createWakeups } from "../../src/generation/dispatch/wakeups.ts";

test("a worker that leaves the first look to others looks once for all that it hears meanwhile", async () => {
  let pulls = 0;
  const wakeups = createWakeups(async () => void pulls++, { pollSeconds: () => 60, onError: () => undefined });
  try {
    for (let heard = 0; heard < 50; heard++) wakeups.wakePerhaps(0);
    expect(pulls).toBe(0);
    await delay(200);
    expect(pulls).toBe(1);
    wakeups.wakePerhaps(1);
    expect(pulls).toBe(2);
  } finally {
    await wakeups.stop();
  }
});
