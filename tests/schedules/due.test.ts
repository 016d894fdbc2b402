import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { decide, inTimeSeconds, mostCounted } from "../../src/schedules/due.ts";
import { occurrencesOf, upcoming } from "../../src/schedules/occurrences.ts";

const hourly = occurrencesOf({ cron: "0 * * * *", timeZone: "UTC" });
const at = (time: string) => new Date(`2026-11-26T${time}Z`);
const [seven, eleven] = [at("07:00:00"), at("11:00:00")];

test("what has not come is not due", () => {
  expect(decide(hourly, "once", seven, at("06:59:59.999"))).toBeNull();
});

test.each(["skip", "once"] as const)("an occurrence within a minute is run, with %s", (missed) => {
  expect(decide(hourly, missed, seven, at("07:00:59.999"))).toEqual({
    run: seven,
    missed: 0,
    lastMissed: null,
    next: at("08:00:00"),
  });
});

test("after an outage of hours one job stands for all, or none", () => {
  const now = at("11:20:00");
  const next = at("12:00:00");
  expect(decide(hourly, "once", seven, now)).toEqual({ run: eleven, missed: 4, lastMissed: at("10:00:00"), next });
  expect(decide(hourly, "skip", seven, now)).toEqual({ run: null, missed: 5, lastMissed: eleven, next });
});

test("after an outage the occurrence of this minute is run, whatever becomes of those before", () => {
  const decided = { run: eleven, missed: 4, lastMissed: at("10:00:00"), next: at("12:00:00") };
  expect(decide(hourly, "skip", seven, at("11:00:30"))).toEqual(decided);
});

test("of an outage of a year so many are counted, and the latest is found all the same", () => {
  const minutely = occurrencesOf({ cron: "* * * * *", timeZone: "Europe/Berlin" });
  const due = new Date("2025-11-26T07:00:00Z");
  expect(decide(minutely, "once", due, at("07:00:30"))).toEqual({
    run: seven,
    missed: mostCounted,
    lastMissed: at("06:59:00"),
    next: at("07:01:00"),
  });
});

test("every occurrence is run or missed, once, however often and late it is looked", () => {
  const crons = ["* * * * *", "*/7 * * * *", "0 */2 * * *", "30 2 * * *", "15,45 1-3 * * MON,SUN"];
  const zones = ["Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "UTC"];
  const lateness = fc.oneof(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 60, max: 20_000 }));
  fc.assert(
    fc.property(
      fc.constantFrom(...crons),
      fc.constantFrom(...zones),
      fc.constantFrom("skip" as const, "once" as const),
      fc.constantFrom("2026-03-28T12:00Z", "2026-10-24T12:00Z", "2026-10-03T12:00Z", "2026-04-04T12:00Z"),
      fc.array(lateness, { minLength: 1, maxLength: 5 }),
      (cron, timeZone, missed, start, looks) => {
        const next = occurrencesOf({ cron, timeZone });
        let due = next(new Date(start)) as Date;
        const first = due;
        let decisions = 0;
        let now = first;
        const ran: Date[] = [];
        let missedCount = 0;
        for (const late of looks) {
          now = new Date(Math.max(now.getTime() + 1, due.getTime()) + late * 1000);
          const decision = decide(next, missed, due, now);
          if (!decision) continue;
          decisions++;
          missedCount += decision.missed;
          if (decision.run) {
            ran.push(decision.run);
            expect(decision.run.getTime()).toBeLessThanOrEqual(now.getTime());
          } else {
            expect(missed).toBe("skip");
            expect(now.getTime() - (decision.lastMissed?.getTime() ?? 0)).toBeGreaterThanOrEqual(
              inTimeSeconds * 1000,
            );
          }
          due = decision.next as Date;
          expect(due.getTime()).toBeGreaterThan(now.getTime());
        }
        const all = [first];
        for (const one of upcoming(next, first)) {
          if (one >= due) break;
          all.push(one);
        }
        const known = new Set(all.map(Number));
        expect(ran.every((one) => known.has(Number(one)))).toBe(true);
        expect(new Set(ran.map(Number)).size).toBe(ran.length);
        // In an outage of so many only the counting ends.
        if (all.length < mostCounted) expect(ran.length + missedCount).toBe(all.length);
        expect(decisions).toBeGreaterThan(0);
      },
    ),
    { numRuns: 60, seed: 20_261_126 },
  );
});
