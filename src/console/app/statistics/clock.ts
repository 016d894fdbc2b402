import type { Statistics } from "./statistics-page.tsx";

const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });
const dayAndHour = new Intl.DateTimeFormat("en", {
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});

/** How the beginning of a bar is written, where there are so many of them. */
export function clockOf(span: Statistics["span"], bars: number): (time: number) => string {
  if (span === "day") return (time) => day.format(time);
  return bars > 24 && span === "hour" ? (time) => dayAndHour.format(time) : (time) => clock.format(time);
}
