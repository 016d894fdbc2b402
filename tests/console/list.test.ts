import { expect, test } from "@jest/globals";
import { haveInputs, withInputs } from "../../src/console/app/jobs/inputs.ts";
import { withNewest, withOlder } from "../../src/console/app/list/newest.ts";
import {
  formatAbout,
  formatAgo,
  formatBytes,
  formatCost,
  formatDuration,
  sumCosts,
} from "../../src/console/app/parts/format.ts";
import { titleOf } from "../../src/console/app/parts/title.ts";
import { waitingWords } from "../../src/console/app/parts/waiting.ts";
import { placeOf } from "../../src/console/app/state/paths.ts";

const job = (id: string, status = "completed", input?: string) => ({ id, status, ...(input && { input }) });

test("what is read again takes the place of what it covers, and older rows stay", () => {
  const loaded = { rows: ["4", "3", "2", "1"].map((id) => job(id, "processing")), nextCursor: "1" };
  // The third no longer fits the filter, a fifth one is new.
  const page = { rows: [job("5", "processing"), job("4"), job("2")], nextCursor: "2" };
  expect(withNewest(loaded, page)).toEqual({
    rows: [job("5", "processing"), job("4"), job("2"), job("1", "processing")],
    nextCursor: "1",
  });
});

test("a last page is the whole list", () => {
  const loaded = { rows: [job("2"), job("1")], nextCursor: null };
  expect(withNewest(loaded, { rows: [job("2")], nextCursor: null }).rows.map(({ id }) => id)).toEqual(["2"]);
});

test("a page behind the list is put there, without what it shows already", () => {
  const page = { rows: [job("2"), job("1")], nextCursor: null };
  expect(withOlder({ rows: [job("3"), job("2", "failed")], nextCursor: "2" }, page)).toEqual({
    rows: [job("3"), job("2", "failed"), job("1")],
    nextCursor: null,
  });
});

test("a job that was read without its input has the one that is known", () => {
  const read = withInputs([job("2", "processing", "two")], [job("3", "processing", "three"), job("2")]);
  expect(read).toEqual([job("3", "processing", "three"), job("2", "completed", "two")]);
  expect([haveInputs(read), haveInputs(withInputs(read, [job("4")]))]).toEqual([true, false]);
});

test.each([
  [{ topic: { title: "Road bikes", keywords: ["bike"] } }, "Road bikes"],
  [{ count: 3, text: "Write this." }, "Write this."],
  [{ options: { style: "dry" }, list: ["x"] }, "dry"],
  [{ title: "  " }, "A job of the type note"],
  [null, "A job of the type note"],
  [{ title: "a".repeat(200) }, `${"a".repeat(119)}…`],
])("a job is called what its input is about: %j", (input, title) => {
  expect(titleOf({ type: "note", input })).toBe(title);
});

test.each([
  ["0.000000000000", "$0.00"],
  ["0.000001000000", "< $0.0001"],
  ["0.004210000000", "$0.0042"],
  ["12.300000000000", "$12.30"],
  ["1234567.890000000000", "$1,234,567.89"],
  [null, "unknown"],
])("a cost of %s reads %s", (cost, words) => {
  expect(formatCost(cost)).toBe(words);
});

test.each([
  [0, "0 B"],
  [812, "812 B"],
  [4_210_000, "4.2 MB"],
  [-130_000, "-130 kB"],
  [1.3e15, "1300 TB"],
])("%d bytes read %s", (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words);
});

test("costs are summed exactly, and a price that is not known makes the sum unknown", () => {
  expect(sumCosts(["0.1", "0.200000000000", "1"])).toBe("1.300000000000");
  expect(sumCosts(["0.100000000001", null])).toBeNull();
  expect(sumCosts([])).toBe("0.000000000000");
});

test.each([
  [0, "0.0 s"],
  [29.2, "30 ms"],
  [340, "0.3 s"],
  [12_400, "12 s"],
  [59_700, "1 min 00 s"],
  [185_000, "3 min 05 s"],
  [7_800_000, "2 h 10 min"],
  [270_000_000, "3 d 3 h"],
])("%i ms read %s", (milliseconds, words) => {
  expect(formatDuration(milliseconds)).toBe(words);
});

test.each([
  [200, "about 1 s"],
  [6_000, "about 6 s"],
  [10_000, "about 10 s"],
  [185_400, "about 3 min 05 s"],
])("what is guessed to take %d ms has no tenths: %s", (milliseconds, words) => {
  expect(formatAbout(milliseconds)).toBe(words);
});

test.each([
  [-2_000, "just now"],
  [-90_000, "1 min ago"],
  [7_200_000, "in 2 h"],
  [-30 * 86_400_000, "Oct 27, 2026"],
])("a moment %i ms away reads %s", (away, words) => {
  const now = Date.UTC(2026, 10, 26, 12);
  expect(formatAgo(now + away, now)).toBe(words);
});

test("a job that waits says for what, and until when", () => {
  const waiting = {
    status: "processing",
    attempts: 1,
    waitingFor: null,
    nextAttemptAt: null,
    queuePosition: null,
  } as const;
  const inAMinute = new Date(60_000).toISOString();
  const words = (more: object) => waitingWords({ ...waiting, ...more }, 0);
  expect(words({})).toBeNull();
  expect(words({ nextAttemptAt: inAMinute })).toBe("Attempt 1 failed, tries again in 1 min");
  expect(words({ nextAttemptAt: inAMinute, status: "pending" })).toBe("Begins in 1 min");
  expect(words({ nextAttemptAt: inAMinute, waitingFor: "rate_limited" })).toBe(
    "The model provider asks to slow down, goes on in 1 min",
  );
  expect(words({ status: "pending", queuePosition: 3 })).toBe("Number 3 in its queue");
});

test("an address shows one page, and what is none shows none", () => {
  expect(placeOf("/")).toEqual({ place: "jobs", id: "" });
  expect([placeOf("/batches"), placeOf("/batches/batch_1")]).toEqual([
    { place: "batches", id: "" },
    { place: "batch", id: "batch_1" },
  ]);
  expect(placeOf("/jobs/job_1")).toEqual({ place: "job", id: "job_1" });
  expect([placeOf("/jobs/"), placeOf("/jobs/a/b"), placeOf("/docs")]).toEqual([null, null, null]);
});
