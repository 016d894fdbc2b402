import { expect, test } from "@jest/globals";
import { Interruption, JobError, PermanentError, WaitError } from "../../src/errors.ts";
import { endingOf, type Outcome } from "../../src/generation/attempt/ending/ending.ts";
import type { RunningAttempt } from "../../src/generation/attempt/running-attempt.ts";
import type { PlacedPhase } from "../../src/generation/job/catalogue.ts";

const now = new Date("2026-11-25T12:00:00Z");

function ending(outcome: Outcome, { attempts = 1, random = 1 } = {}) {
  const attempt = {
    row: { attempts, maxAttempts: 3 },
    phase: { name: "writing" },
  } as unknown as RunningAttempt;
  const { attempt: _, ...rest } = endingOf(attempt, outcome, { now, seconds: 7 }, random);
  return rest;
}

const after = (seconds: number) => new Date(now.getTime() + seconds * 1000);

test("an output advances the job, or completes it where nothing follows", () => {
  const output = { value: "text", json: '"text"', next: { name: "checking" } as PlacedPhase };
  expect(ending({ output })).toEqual({ transition: "advance", output, seconds: 7 });
  expect(ending({ output: { ...output, next: null } })).toMatchObject({ transition: "complete" });
});

test("an error is tried again after a delay that doubles, and of which chance picks a part", () => {
  const error = new JobError("network");
  expect(ending({ error })).toMatchObject({
    transition: "retry",
    at: after(2),
    failure: { code: "network", attempt: 1 },
  });
  expect(ending({ error }, { attempts: 2 })).toMatchObject({ at: after(4) });
  expect(ending({ error }, { attempts: 2, random: 0.5 })).toMatchObject({ at: after(2) });
});

test("an error that names a later moment is tried again then", () => {
  const error = new JobError("overloaded", undefined, { retryAt: after(600) });
  expect(ending({ error })).toMatchObject({ transition: "retry", at: after(600) });
});

test("the last attempt's error, and a permanent one, fail the job", () => {
  expect(ending({ error: new JobError("network") }, { attempts: 3 })).toMatchObject({ transition: "fail" });
  expect(ending({ error: new PermanentError("never") })).toMatchObject({
    transition: "fail",
    failure: { message: "never", retryable: false },
  });
});

test("an error that is no JobError is shown as internal, without its message", () => {
  expect(ending({ error: new Error("a secret") })).toMatchObject({
    transition: "retry",
    failure: { code: "internal", message: "Something went wrong on our side.", detail: null },
  });
});

test("a wait and a stop hand the phase back without using the attempt", () => {
  expect(ending({ error: new WaitError(after(60), "patience") })).toEqual({
    transition: "wait",
    why: "patience",
    at: after(60),
  });
  expect(ending({ error: new Interruption("stopping") })).toEqual({
    transition: "wait",
    why: "the service restarts",
    at: now,
  });
});

test.each(["cancelled", "lost"] as const)("an attempt that is %s writes nothing", (why) => {
  expect(ending({ error: new Interruption(why) })).toEqual({ transition: null, why });
});

test("a wait for a moment that is over lasts a second", () => {
  const error = new WaitError(after(-60), "spinning");
  expect(ending({ error })).toMatchObject({ transition: "wait", at: after(1) });
});
