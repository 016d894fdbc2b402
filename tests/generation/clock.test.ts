import { expect, test } from "@jest/globals";
import { byDatabase, byProcess } from "../../src/generation/job/clock.ts";

const minutes = (count: number) => count * 60_000;

test.each([
  ["five minutes behind the database's", minutes(5)],
  ["five minutes ahead of it", minutes(-5)],
])("a clock that is %s changes no delay", (_, offset) => {
  const now = new Date(Date.now() + offset);
  const inTenSeconds = new Date(Date.now() + 10_000);
  const times = { now, begunAt: Date.now() };
  const stored = byDatabase(times, inTenSeconds);
  expect(Math.abs(+stored - +now - 10_000)).toBeLessThan(100);
  expect(Math.abs(+byProcess(times, stored) - +inTenSeconds)).toBeLessThan(100);
});

test("what the network takes is no other clock", () => {
  const time = new Date();
  expect(byDatabase({ now: new Date(Date.now() + 900), begunAt: Date.now() }, time)).toEqual(time);
});

test("a transaction that has waited for a row is no other clock", () => {
  const began = Date.now() - 60_000;
  const time = new Date();
  expect(byDatabase({ now: new Date(began), begunAt: began }, time)).toEqual(time);
});
