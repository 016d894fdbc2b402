import { expect, test } from "@jest/globals";
import type { Event } from "galley/client";
import { storyOf } from "../../src/console/app/job/story.ts";
import { writtenIn } from "../../src/console/app/job/text/written.ts";
import { foldSteps } from "../../src/console/app/job/timeline/fold.ts";
import { scaleOf } from "../../src/console/app/job/timeline/scale.ts";

/** Events a second apart. */
const eventsOf = (...told: [Event["type"], Record<string, unknown>?][]): Event[] =>
  told.map(([type, data = {}], index) => ({
    id: index + 1,
    jobId: "job_1",
    at: new Date(index * 1000).toISOString(),
    type,
    data: { phase: "writing", attempt: 1, ...data },
  }));

const failure = { code: "timeout", message: "No answer in time.", detail: null, phase: "writing", attempt: 1 };
const step = { step: "part", label: "Writing a part" };

test("a phase that failed and was tried again has both attempts, and its step both runs", () => {
  const { phases } = storyOf(
    eventsOf(
      ["submitted"],
      ["phase_started"],
      ["step_started", step],
      ["text", { ...step, delta: "Too " }],
      ["attempt_failed", { error: failure, nextAttemptAt: new Date(9000).toISOString() }],
      ["phase_started", { attempt: 2 }],
      ["step_started", { ...step, attempt: 2 }],
      ["text", { ...step, attempt: 2, delta: "Whole" }],
      ["step_finished", { ...step, attempt: 2, reused: false, cost: "0.010000000000", model: "m" }],
      ["phase_completed", { attempt: 2, seconds: 4 }],
      ["completed"],
    ),
  );
  const [phase] = phases;
  const tried = { isResumed: false, waitsFor: null };
  expect(phase?.attempts).toEqual([
    { ...tried, number: 1, from: 1000, to: 4000, outcome: "failed", failure, nextAttemptAt: 9000 },
    { ...tried, number: 2, from: 5000, to: 9000, outcome: "completed", failure: null, nextAttemptAt: null },
  ]);
  expect(phase?.steps[0]?.runs.map(({ from, to, outcome, cost }) => [from, to, outcome, cost])).toEqual([
    [2000, 4000, "failed", null],
    [6000, 8000, "completed", "0.010000000000"],
  ]);
  expect(writtenIn(phases)).toEqual([
    { key: "writing part", label: "Writing a part", text: "Whole", isWritten: false },
  ]);
});

test("a step that starts over drops what it had written", () => {
  const begun = [["phase_started"], ["step_started", step], ["text", { ...step, delta: "Old" }]] as const;
  const anew = [
    ["step_started", step],
    ["text", { ...step, delta: "New" }],
  ] as const;
  const { phases } = storyOf(
    eventsOf(...begun.map((event) => [...event] as never), ...anew.map((event) => [...event] as never)),
  );
  expect(writtenIn(phases).map(({ text, isWritten }) => [text, isWritten])).toEqual([["New", true]]);
});

test("what ends a job ends what ran in it", () => {
  const outcomes = (ending: [Event["type"], Record<string, unknown>?]) => {
    const [phase] = storyOf(eventsOf(["phase_started"], ["step_started", step], ending)).phases;
    return [phase?.attempts[0]?.outcome, phase?.steps[0]?.runs[0]?.outcome];
  };
  expect(outcomes(["failed", { error: failure }])).toEqual(["failed", "failed"]);
  expect(outcomes(["cancelled"])).toEqual(["cancelled", "stopped"]);
  expect(outcomes(["waiting", { until: "", why: "rate_limited", inPlace: false }])).toEqual(["waiting", "stopped"]);
  expect(outcomes(["waiting", { until: "", why: "rate_limited", inPlace: true }])).toEqual(["running", "running"]);
});

test("a step that ran alone has failed with its attempt, of several none is blamed", () => {
  const other = { step: "other", label: "Writing another part" };
  const failed = ["attempt_failed", { error: failure, nextAttemptAt: null }] as const;
  const outcomes = (...begun: [Event["type"], Record<string, unknown>][]) =>
    storyOf(eventsOf(["phase_started"], ...begun, [...failed])).phases[0]?.steps.map(
      ({ runs }) => runs[0]?.outcome,
    );
  expect(outcomes(["step_started", step])).toEqual(["failed"]);
  expect(outcomes(["step_started", step], ["step_started", other])).toEqual(["stopped", "stopped"]);
});

test("of many steps those that are not completed and the latest stay in sight, in their order", () => {
  const run = { from: 0, to: 1, isReused: false, model: null, cost: null, text: "" };
  const stepsOf = (count: number, running: number[]) =>
    Array.from({ length: count }, (_, index) => ({
      key: String(index),
      label: "",
      runs: [{ ...run, outcome: running.includes(index) ? ("running" as const) : ("completed" as const) }],
    }));
  const keysOf = (count: number, running: number[]) => {
    const { shown, folded } = foldSteps(stepsOf(count, running));
    return [shown.map(({ key }) => Number(key)), folded.length];
  };
  expect(keysOf(15, [])).toEqual([Array.from({ length: 15 }, (_, index) => index), 0]);
  expect(keysOf(16, [])).toEqual([[4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], 4]);
  expect(keysOf(30, [2, 29])).toEqual([[2, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29], 18]);
  const all = Array.from({ length: 20 }, (_, index) => index);
  expect(keysOf(20, all)).toEqual([all, 0]);
});

test("an attempt that was lost with its worker ends where the next one begins", () => {
  const [phase] = storyOf(eventsOf(["phase_started"], ["phase_started", { attempt: 2 }])).phases;
  expect(phase?.attempts.map(({ outcome, to }) => [outcome, to])).toEqual([
    ["stopped", 1000],
    ["running", null],
  ]);
});

test("the attempt that a person had the job go on with is told from one of its own", () => {
  const failed = [
    ["attempt_failed", { error: failure, nextAttemptAt: null }],
    ["failed", { error: failure }],
  ] as const;
  const [phase] = storyOf(
    eventsOf(["phase_started"], ...failed.map((event) => [...event] as never), ["resumed"], ["phase_started"]),
  ).phases;
  expect(phase?.attempts.map(({ isResumed }) => isResumed)).toEqual([false, true]);
});

test("of pauses close to each other the longest alone is written", () => {
  const spans = [0, 60_000, 200_000, 260_000].map((from) => ({ from, to: from + 2_000 }));
  const { pauses, written } = scaleOf(spans);
  expect(pauses).toHaveLength(3);
  expect(written).toEqual([{ at: expect.closeTo(0.5, 1), milliseconds: 138_000 }]);
});

test("a long pause is drawn short, and moments stay in their order", () => {
  const hour = 3_600_000;
  const scale = scaleOf([
    { from: 0, to: 10_000 },
    { from: hour, to: hour + 10_000 },
  ]);
  const places = [0, 5_000, 10_000, hour / 2, hour, hour + 10_000].map(scale.at);
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  expect([places[0], places.at(-1)]).toEqual([0, 1]);
  expect(places[2]).toBeGreaterThan(0.4);
  expect(scale.pauses.map(({ milliseconds }) => milliseconds)).toEqual([hour - 10_000]);
  expect(scale.ticks).toEqual([]);
});

test("without a pause even moments stand beside the line", () => {
  const { ticks, pauses } = scaleOf([{ from: 500, to: 20_500 }]);
  expect(pauses).toEqual([]);
  expect(ticks).toEqual(
    ["0", "5 s", "10 s", "15 s"].map((words, index) => ({ words, at: (index * 5_000) / 20_000 })),
  );
});

test.each([
  [2, ["0", "0.5 s", "1 s", "1.5 s"]],
  [74, ["0", "15 s", "30 s", "45 s", "60 s"]],
  [140, ["0", "30 s", "60 s", "90 s", "120 s"]],
  [560, ["0", "2 min", "4 min", "6 min", "8 min"]],
  [9_000, ["0", "30 min", "60 min", "90 min", "120 min"]],
  [30_000, ["0", "2 h", "4 h", "6 h"]],
  [400_000, ["0", "1 d", "2 d", "3 d", "4 d"]],
])("the moments of %d seconds are written in one short unit", (seconds, words) => {
  const { ticks } = scaleOf([{ from: 0, to: seconds * 1_000 }]);
  expect(ticks.map((tick) => tick.words)).toEqual(words);
});
