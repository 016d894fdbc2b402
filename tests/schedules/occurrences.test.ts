import { expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  occurrencesOf,
  problemOfCron,
  problemOfTimeZone,
  type Recurrence,
  upcoming,
} from "../../src/schedules/occurrences.ts";

/** A cron expression as the values that it names. Null: every day. */
type Drawn = {
  minutes: number[];
  hours: number[];
  days: number[] | "L" | null;
  months: number[];
  weekdays: number[] | { nth: number; day: number } | null;
};

const span = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);

/** Spelled in one of the ways that name the same values. */
function spell(values: number[], from: number, to: number): string {
  const step = (values[1] ?? 0) - (values[0] ?? 0);
  const isEven = values.length > 2 && values.every((value, index) => value === (values[0] ?? 0) + index * step);
  if (!isEven) return values.join(",");
  const [first, last] = [values[0] as number, values.at(-1) as number];
  const range = first === from && last + step > to ? "*" : `${first}-${last}`;
  return step === 1 ? range : `${range}/${step}`;
}

const cronOf = ({ minutes, hours, days, months, weekdays }: Drawn): string =>
  [
    spell(minutes, 0, 59),
    spell(hours, 0, 23),
    days === null ? "*" : days === "L" ? "L" : days.join(","),
    spell(months, 1, 12),
    weekdays === null ? "*" : Array.isArray(weekdays) ? weekdays.join(",") : `${weekdays.day}#${weekdays.nth}`,
  ].join(" ");

/** The clock on the wall of a zone, as if it were UTC. Each minute is asked for once. */
function wallClock(timeZone: string): (moment: number) => number {
  const known = new Map<number, number>();
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const ask = (moment: number) => {
    const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute);
  };
  return (moment) => {
    const wall = known.get(moment) ?? ask(moment);
    known.set(moment, wall);
    return wall;
  };
}

function isNamed({ minutes, hours, days, months, weekdays }: Drawn, wall: Date): boolean {
  const [date, weekday] = [wall.getUTCDate(), wall.getUTCDay()];
  const isLast = new Date(wall.getTime() + 86_400_000).getUTCDate() === 1;
  const isDay = days === "L" ? isLast : days?.includes(date);
  const isWeekday = Array.isArray(weekdays)
    ? weekdays.includes(weekday)
    : weekdays !== null && weekday === weekdays.day && Math.ceil(date / 7) === weekdays.nth;
  return (
    minutes.includes(wall.getUTCMinutes()) &&
    hours.includes(wall.getUTCHours()) &&
    months.includes(wall.getUTCMonth() + 1) &&
    (days === null && weekdays === null ? true : Boolean(isDay) || isWeekday)
  );
}

const minute = 60_000;

/** What a person would say who watches the clock on the wall for so many minutes. */
function walked(drawn: Drawn, wallAt: (moment: number) => number, from: number, count: number): string[] {
  const isHourly = drawn.hours.length === 24;
  const found: string[] = [];
  // The latest that the clock has shown: what it shows again was there before, and what it leaps over is due where it lands.
  let shown = wallAt(from - 1_440 * minute);
  for (let at = from - 1_439 * minute; at <= from + count * minute; at += minute) {
    const wall = wallAt(at);
    let isDue = false;
    if (isHourly) isDue = isNamed(drawn, new Date(wall));
    else for (let time = shown + minute; time <= wall; time += minute) isDue ||= isNamed(drawn, new Date(time));
    shown = Math.max(shown, wall);
    if (isDue && at > from) found.push(new Date(at).toISOString());
  }
  return found;
}

const within = (drawn: Recurrence, from: number, count: number): string[] => {
  const found: string[] = [];
  for (const at of upcoming(occurrencesOf(drawn), new Date(from))) {
    if (at.getTime() > from + count * minute) break;
    found.push(at.toISOString());
  }
  return found;
};

// Changes of half an hour, of two hours, at midnight, southern, backwards in winter, of Ramadan, and none.
const changes: [string, string][] = [
  ["Europe/Berlin", "2026-03-29T01:00Z"],
  ["Europe/Berlin", "2026-10-25T01:00Z"],
  ["America/New_York", "2026-03-08T07:00Z"],
  ["America/New_York", "2026-11-01T06:00Z"],
  ["Australia/Lord_Howe", "2026-10-03T15:30Z"],
  ["Australia/Lord_Howe", "2026-04-04T15:00Z"],
  ["Antarctica/Troll", "2026-03-29T01:00Z"],
  ["Antarctica/Troll", "2026-10-25T01:00Z"],
  ["America/Havana", "2026-03-08T05:00Z"],
  ["America/Havana", "2026-11-01T05:00Z"],
  ["America/Santiago", "2026-09-06T04:00Z"],
  ["America/Santiago", "2026-04-05T03:00Z"],
  ["Europe/Dublin", "2026-10-25T01:00Z"],
  ["Africa/Casablanca", "2026-02-15T02:00Z"],
  ["Africa/Cairo", "2026-04-23T22:00Z"],
  ["Pacific/Chatham", "2026-09-26T14:00Z"],
  ["Asia/Beirut", "2026-03-28T22:00Z"],
  ["Asia/Kolkata", "2026-06-01T00:00Z"],
  ["UTC", "2026-02-28T23:00Z"],
];

const some = (from: number, to: number, maxLength: number) =>
  fc
    .uniqueArray(fc.integer({ min: from, max: to }), { minLength: 1, maxLength })
    .map((values) => values.toSorted((a, b) => a - b));

const drawn: fc.Arbitrary<Drawn> = fc.record({
  minutes: fc.oneof(
    some(0, 59, 4),
    fc.constantFrom(span(0, 59, 15), span(0, 59, 7), span(0, 59), span(5, 50, 5), [0]),
  ),
  hours: fc.oneof(
    some(0, 4, 3),
    some(0, 23, 5),
    fc.constantFrom(span(0, 23), span(0, 23, 2), span(1, 3), [2], [0]),
  ),
  days: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, some(1, 31, 12), fc.constant("L" as const)),
  months: fc.oneof({ weight: 4, arbitrary: fc.constant(span(1, 12)) }, some(1, 12, 8)),
  weekdays: fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    some(0, 6, 4),
    fc.record({ day: fc.integer({ min: 0, max: 6 }), nth: fc.integer({ min: 1, max: 5 }) }),
  ),
});

const days = 3;
const clocks = new Map(changes.map(([timeZone]) => [timeZone, wallClock(timeZone)]));

test("occurrences are those that a walk through every minute finds, around every kind of change of the clocks", () => {
  fc.assert(
    fc.property(
      drawn,
      fc.constantFrom(...changes),
      fc.integer({ min: 1, max: 2_880 }),
      (one, [timeZone, at], before) => {
        const from = Date.parse(at) - before * minute;
        const expected = walked(one, clocks.get(timeZone) ?? wallClock(timeZone), from, days * 1_440);
        expect(within({ cron: cronOf(one), timeZone }, from, days * 1_440)).toEqual(expected);
      },
    ),
    { numRuns: 300, seed: 20_261_126 },
  );
});

const named: [string, Recurrence, string, string[]][] = [
  [
    "02:30 on the day without it is at the end of the gap",
    { cron: "30 2 * * *", timeZone: "Europe/Berlin" },
    "2026-03-28T12:00Z",
    ["2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z"],
  ],
  [
    "all times of a gap are one",
    { cron: "*/15 2 * * *", timeZone: "Europe/Berlin" },
    "2026-03-28T12:00Z",
    ["2026-03-29T01:00:00.000Z", "2026-03-30T00:00:00.000Z"],
  ],
  [
    "02:30 on the day that has it twice is the first one",
    { cron: "30 2 * * *", timeZone: "Europe/Berlin" },
    "2026-10-24T12:00Z",
    ["2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"],
  ],
  [
    "every second hour does not come twice in the hour that a day has twice",
    { cron: "0 */2 * * *", timeZone: "Europe/Berlin" },
    "2026-10-24T23:00Z",
    ["2026-10-25T00:00:00.000Z", "2026-10-25T03:00:00.000Z"],
  ],
  [
    "every hour comes twice in the hour that a day has twice",
    { cron: "0 * * * *", timeZone: "Europe/Berlin" },
    "2026-10-24T23:30Z",
    ["2026-10-25T00:00:00.000Z", "2026-10-25T01:00:00.000Z", "2026-10-25T02:00:00.000Z"],
  ],
  [
    "02:15 on the day of Lord Howe that begins its summer half an hour long is at 02:30",
    { cron: "15 2 * * *", timeZone: "Australia/Lord_Howe" },
    "2026-10-03T00:00Z",
    ["2026-10-03T15:30:00.000Z", "2026-10-04T15:15:00.000Z"],
  ],
  [
    "every ten minutes goes on through Lord Howe's half an hour",
    { cron: "*/10 * * * *", timeZone: "Australia/Lord_Howe" },
    "2026-10-03T15:15Z",
    ["2026-10-03T15:20:00.000Z", "2026-10-03T15:30:00.000Z", "2026-10-03T15:40:00.000Z"],
  ],
  [
    "a day of the month or a day of the week, whichever comes",
    { cron: "0 9 13 * FRI", timeZone: "UTC" },
    "2026-11-12T00:00Z",
    ["2026-11-13T09:00:00.000Z", "2026-11-20T09:00:00.000Z"],
  ],
  [
    "29 February comes every four years",
    { cron: "0 0 29 2 *", timeZone: "UTC" },
    "2026-01-01T00:00Z",
    ["2028-02-29T00:00:00.000Z", "2032-02-29T00:00:00.000Z"],
  ],
];

test.each(named)("%s", (_name, recurrence, from, expected) => {
  const found = upcoming(occurrencesOf(recurrence), new Date(from)).take(expected.length);
  expect([...found].map((at) => at.toISOString())).toEqual(expected);
});

test.each([
  ["* * * *", /^expected five fields \(minute, hour, .*\) like "30 6 \* \* MON-FRI", got 4: "\* \* \* \*"$/],
  ["0 30 6 * * *", /^expected five fields .*, got 6/],
  ["", /^expected five fields .*, got 0/],
  ["@daily", /^expected five fields .*, got 1/],
  ["FREQ=DAILY;BYHOUR=6", /^expected five fields/],
  ["60 * * * *", /^minute: expected \*, 0 to 59, a range, a list or a step, got "60"$/],
  ["0 24 * * *", /^hour: expected \*, 0 to 23, a range, .*, got "24"$/],
  ["0 0 0 * *", /^day of the month: expected \*, 1 to 31, .*, got "0"$/],
  ["0 0 * 13 *", /^month: expected \*, 1 to 12, JAN to DEC, .*, got "13"$/],
  ["0 0 * * 8", /^day of the week: expected \*, 0 to 7, SUN to SAT, .*, got "8"$/],
  ["H H * * *", /^minute: .*, got "H"$/],
  ["? * * * *", /^minute: .*, got "\?"$/],
  ["*/0 * * * *", /^minute: .*, got "\*\/0"$/],
  ["5/15 * * * *", /^minute: .*, got "5\/15"$/],
  ["1,,2 * * * *", /^minute: .*, got "1,,2"$/],
  ["0 22-3 * * *", /^hour: .*, got "22-3"$/],
  ["0 0 31 2 *", /^expected a day that comes, got "0 0 31 2 \*"$/],
  ["0 0 31 4,6,9,11 *", /^expected a day that comes/],
])("%j is refused, and is said to be %s", (cron, problem) => {
  expect(problemOfCron(cron)).toMatch(problem);
});

test.each([
  "*/5 * * * *",
  "0 6 * * MON-FRI",
  "30 6 1,15 jan-mar *",
  "0 0 L * *",
  "0 0 * * FRI#2",
  "0 0 * * 5L",
  " 0\t6 * * 7 ",
])("%j is an expression", (cron) => expect(problemOfCron(cron)).toBeNull());

test.each(["UTC+2", "+02:00", "", "Berlin", "Mars/Olympus", "Europe/Berlin ", "GMT+2"])(
  "%j is no time zone",
  (zone) => {
    expect(problemOfTimeZone(zone)).toBe(`expected a time zone like "Europe/Berlin" or "UTC", got "${zone}"`);
  },
);

test.each(["Europe/Berlin", "europe/berlin", "UTC", "Asia/Kolkata", "Etc/GMT+2"])("%j is a time zone", (zone) => {
  expect(problemOfTimeZone(zone)).toBeNull();
});
