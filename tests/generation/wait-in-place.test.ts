import { expect, test } from "@jest/globals";
import { WaitError } from "../../src/author/index.ts";
import { createWaitInPlace } from "../../src/generation/attempt/wait-in-place.ts";

// Waits that short are not recorded.
const noNotes = null as never;

test("a wait that is over by this machine's clock alone is not asked about all the time", async () => {
  const inPlace = createWaitInPlace(noNotes, noNotes, AbortSignal.timeout(30_000), Number.POSITIVE_INFINITY);
  const over = Date.now() + 2_000;
  let asked = 0;
  await inPlace(async () => {
    asked++;
    if (Date.now() < over) throw new WaitError(new Date(over - 10_000), "not yet");
  });
  expect(asked).toBeLessThan(10);
});

test("a wait for a moment that is over becomes a failure when half of the phase's time is", async () => {
  const inPlace = createWaitInPlace(noNotes, noNotes, AbortSignal.timeout(30_000), performance.now() + 1_000);
  let asked = 0;
  const work = inPlace(async () => {
    asked++;
    throw new WaitError(new Date(Date.now() - 60_000), "never");
  });
  await expect(work).rejects.toMatchObject({
    name: "JobError",
    code: "internal",
    message: expect.stringContaining("times in a row for a moment that was over"),
  });
  expect(asked).toBeLessThan(10);
});
