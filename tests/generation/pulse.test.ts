import { expect, test } from "@jest/globals";
import { speaksFor } from "../../src/generation/dispatch/heartbeat/pulse.ts";

const deadline = { until: 60_000 };

test("a blocked event loop is spoken for until the phase's deadline, and no longer", () => {
  expect(speaksFor(deadline, 59_999, 50_000)).toBe(true);
  expect(speaksFor(deadline, 60_000, 50_000)).toBe(false);
});

test("while the event loop moves, the attempt's own time limit decides, and the beat goes on", () => {
  expect(speaksFor(deadline, 90_000, 400)).toBe(true);
});
