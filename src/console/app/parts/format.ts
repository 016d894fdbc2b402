const count = new Intl.NumberFormat("en");
const dollars = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const day = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", year: "numeric" });
const clock = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});

export const formatCount = (value: number): string => count.format(value);

/** A size: 812 B, 4.2 MB, 1.3 GB. Also below zero, for what has shrunk. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, Math.abs(bytes))) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || Math.abs(value) >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** Dollars of the API, as a person reads them: $1,512.30, $0.0042. `null`: a price is not known. */
export function formatCost(cost: string | null): string {
  if (cost === null) return "unknown";
  const value = Number(cost);
  if (value === 0) return "$0.00";
  if (value < 0.0001) return "< $0.0001";
  return `$${value < 1 ? value.toFixed(4) : dollars.format(value)}`;
}

/** Dollars of the API with all decimals that they have, two at least: $0.326415. */
export function formatExactCost(cost: string): string {
  const [whole = "0", decimals = ""] = cost.split(".");
  return `$${count.format(BigInt(whole))}.${decimals.replace(/0+$/, "").padEnd(2, "0")}`;
}

/** The sum of costs, in the API's 12 decimals; null as soon as one of them is not known. */
export function sumCosts(costs: readonly (string | null)[]): string | null {
  let sum = 0n;
  for (const cost of costs) {
    if (cost === null) return null;
    const [whole = "0", decimals = ""] = cost.split(".");
    sum += BigInt(whole + decimals.padEnd(12, "0").slice(0, 12));
  }
  const digits = sum.toString().padStart(13, "0");
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`;
}

/** How long something took: 40 ms, 0.4 s, 12 s, 3 min 05 s, 2 h 10 min, 4 d 3 h. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds > 0 && seconds < 0.095) return `${Math.ceil(milliseconds)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds) / 60;
  if (minutes < 60) return `${Math.floor(minutes)} min ${String(Math.round(seconds) % 60).padStart(2, "0")} s`;
  const hours = minutes / 60;
  if (hours < 24) return `${Math.floor(hours)} h ${Math.floor(minutes) % 60} min`;
  return `${Math.floor(hours / 24)} d ${Math.floor(hours) % 24} h`;
}

/** The same where it is a guess: about 6 s. */
export const formatAbout = (milliseconds: number): string =>
  `about ${formatDuration(Math.max(1, Math.round(milliseconds / 1000)) * 1000).replace(".0 s", " s")}`;

/** A moment as seen from another one: just now, 5 min ago, in 20 s, Nov 26, 2026. */
export function formatAgo(time: number, now: number): string {
  const seconds = Math.round((now - time) / 1000);
  const away = Math.abs(seconds);
  if (away < 5) return "just now";
  if (away >= 7 * 86_400) return day.format(time);
  const words =
    away < 60
      ? `${away} s`
      : away < 3600
        ? `${Math.floor(away / 60)} min`
        : away < 86_400
          ? `${Math.floor(away / 3600)} h`
          : `${Math.floor(away / 86_400)} d`;
  return seconds > 0 ? `${words} ago` : `in ${words}`;
}

export const formatClock = (time: number): string => clock.format(time);

export const formatMoment = (time: number): string => `${day.format(time)}, ${clock.format(time)}`;

/** What the API calls by a name in one word: `tenant_limit` is Tenant limit, `optimizeForSEO` Optimize for SEO. */
export function asWords(name: string): string {
  const words = name
    .replaceAll(/[_-]+/g, " ")
    .replaceAll(
      /([a-z0-9])([A-Z]+)/g,
      (_, end, start) => `${end} ${start.length > 1 ? start : start.toLowerCase()}`,
    );
  return words.charAt(0).toUpperCase() + words.slice(1);
}
