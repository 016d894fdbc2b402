import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { EventRow } from "../../src/generation/history/read-events.ts";
import { withSnapshots } from "../../src/generation/history/snapshots.ts";

const jobId = "job_1";
const at = new Date("2026-11-26T09:30:00Z");
const lastUpdated = new Date("2026-11-26T10:00:00Z");
const event = (id: number): EventRow => ({ jobId, id, at, type: "progress", data: {} });
const snapshot = (from: number, to: number, when = at): EventRow => ({
  jobId,
  id: to,
  at: when,
  type: "snapshot",
  data: { from, to },
});

test("a snapshot stands in the place of what was removed, and has the number of the last of it", () => {
  const left = [1, 5, 6, 9].map(event);
  const job = { latest: 9, lastUpdated };
  expect(withSnapshots({ jobId, after: 0 }, left, job)).toEqual([
    event(1),
    snapshot(2, 4),
    event(5),
    event(6),
    snapshot(7, 8),
    event(9),
  ]);
  // A reader that had a part of it hears of the rest.
  expect(withSnapshots({ jobId, after: 3 }, left.slice(1, 2), job)).toEqual([snapshot(4, 4), event(5)]);
  expect(withSnapshots({ jobId, after: 7 }, [], job)).toEqual([snapshot(8, 9, lastUpdated)]);
  expect(withSnapshots({ jobId, after: 9 }, [], job)).toEqual([]);
});

test("whatever was removed, and in whatever pages it is read, each number is told once, in order", () => {
  fc.assert(
    fc.property(
      fc.nat(40).chain((latest) => fc.tuple(fc.constant(latest), fc.subarray(numbers(1, latest)), fc.nat(latest))),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
      ([latest, left, after], sizes) => {
        const told: number[] = [];
        for (let read = 0, cursor = after; cursor < latest; read++) {
          const page = left.filter((id) => id > cursor).slice(0, sizes[read % sizes.length]);
          for (const { id, type, data } of withSnapshots({ jobId, after: cursor }, page.map(event), {
            latest,
            lastUpdated,
          })) {
            told.push(...(type === "snapshot" ? numbers(Number(data.from), id) : [id]));
            cursor = id;
          }
        }
        expect(told).toEqual(numbers(after + 1, latest));
      },
    ),
  );
});

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
