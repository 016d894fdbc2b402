import { expect, test } from "@jest/globals";
import { byDatabase, byProcess } from "../../src/generation/job/clock.ts";

const minutes = (count: number) => count * 60_000;

test.each([
  ["five minutes behind the database's", minutes(5)],
  ["five minutes ahead of it", minutes(-5)],
])("a clock that is %s changes no delay", (_, offset) => {
  const now = new Date(Date.now() + offset);
  const inTenSeconds = new Date(Date.now() + 10_000);
  const stored = byDatabase({ now }, inTenSeconds);
  expect(Math.abs(+stored - +now - 10_000)).toBeLessThan(100);
  expect(Math.abs(+byProcess({ now }, stored) - +inTenSeconds)).toBeLessThan(100);
});

test("what the network takes is no other clock", () => {
  const time = new Date();
  expect(byDatabase({ now: new Date(Date.now() + 900) }, time)).toEqual(time);
});
