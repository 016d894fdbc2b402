import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import { createWakeups, type Wakeups } from "../../src/generation/dispatch/wakeups.ts";
import { eventually } from "../support/galley.ts";

let wakeups: Wakeups;
afterEach(() => wakeups.stop());

/** Wakeups without a poll, and the moments of their pulls. */
function start(): number[] {
  const pulls: number[] = [];
  wakeups = createWakeups(async () => void pulls.push(Date.now()), {
    pollSeconds: () => 3_600,
    onError: () => undefined,
  });
  return pulls;
}

test("a worker that leaves the first look to others looks once for all that it hears meanwhile", async () => {
  const pulls = start();
  for (let heard = 0; heard < 50; heard++) wakeups.wakePerhaps(0);
  expect(pulls).toHaveLength(0);
  await delay(200);
  expect(pulls).toHaveLength(1);
  wakeups.wakePerhaps(1);
  expect(pulls).toHaveLength(2);
});

test("what is due at a moment is looked for when it is over, and again when a database whose clock is behind shows it", async () => {
  const pulls = start();
  const time = new Date(Date.now() + 50);
  wakeups.wakeAt(time);
  await eventually(
    () => pulls.length,
    (count) => count === 2,
  );
  const [first = 0, second = 0] = pulls.map((at) => at - time.getTime());
  expect(first).toBeGreaterThanOrEqual(0);
  // Up to a second is no difference between two clocks.
  expect(second).toBeGreaterThanOrEqual(1_000);
});

test("a moment that is far ahead is left to the poll, and one that is over is looked at now", async () => {
  const pulls = start();
  wakeups.wakeAt(new Date(Date.now() + 3_600_000));
  wakeups.wakeAt(new Date(0));
  await eventually(
    () => pulls.length,
    (count) => count > 0,
  );
  expect(Date.now() - (pulls[0] ?? 0)).toBeLessThan(60_000);
});
