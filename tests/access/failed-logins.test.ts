import { expect, test } from "@jest/globals";
import { createFailedLogins, mostFailures } from "../../src/http/access/failed-logins.ts";

const fail = (failed: ReturnType<typeof createFailedLogins>, address: string, times = mostFailures) => {
  for (let time = 0; time < times; time++) failed.note(address);
};

test.each([
  ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true],
  ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
  ["::ffff:192.0.2.1", "192.0.2.1", true],
  ["192.0.2.1", "192.0.2.2", false],
])("wrong keys from %s count for %s: %s", (from, asked, expected) => {
  const failed = createFailedLogins();
  fail(failed, from, mostFailures - 1);
  expect(failed.waitOf(from)).toBe(0);
  failed.note(from);
  expect(failed.waitOf(from)).toBeGreaterThan(0);
  expect(failed.waitOf(asked) > 0).toBe(expected);
});

test("however many addresses there are, only the latest ten thousand are remembered", () => {
  const failed = createFailedLogins();
  fail(failed, "192.0.2.1");
  for (let n = 0; n < 9_999; n++) failed.note(`10.0.${n >> 8}.${n & 255}`);
  expect(failed.waitOf("192.0.2.1")).toBeGreaterThan(0);
  failed.note("10.1.0.0");
  expect(failed.waitOf("192.0.2.1")).toBe(0);
});
