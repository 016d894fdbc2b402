import { type SQL, sql } from "drizzle-orm";

/** The statistics' resolution: what a window is counted in, and begins with. */
export type Span = "minute" | "hour" | "day";

/** So many minutes of the past, from the beginning of a span on. */
export type Window = { minutes: number; span: Span };

const unitMinutes = { m: 1, h: 60, d: 24 * 60 } as const;

// Twice as long, and a span more, is what the function `statistic_spans` keeps of each: the window before is counted too.
const mostMinutes = { minute: 2 * 60, hour: 3 * 24 * 60, day: 199 * 24 * 60 } as const satisfies Record<
  Span,
  number
>;

/** The window that a text like `15m`, `24h` or `30d` names, of up to 199 days. Null for what names none. */
export function windowOf(text: string): Window | null {
  const [, number, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  const minutes = Number(number) * unitMinutes[unit as keyof typeof unitMinutes];
  const span = (Object.keys(mostMinutes) as Span[]).find((one) => minutes <= mostMinutes[one]);
  return span ? { minutes, span } : null;
}

/** When a window begins, by the database's time. */
export const beginningOf = ({ minutes, span }: Window): SQL =>
  sql`date_trunc(${span}, now() - make_interval(mins => ${minutes}), 'UTC')`;
