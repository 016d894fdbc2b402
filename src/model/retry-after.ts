const longestMs = 3_600_000;

/** The moment a server asks to be left alone until, at most an hour from now. Undefined if it named none. */
export function retryTime(headers: Headers | undefined, now: Date): Date | undefined {
  const delayMs =
    milliseconds(headers?.get("retry-after-ms"), 1) ??
    milliseconds(headers?.get("retry-after"), 1000) ??
    untilDate(headers?.get("retry-after"), now);
  return delayMs === undefined ? undefined : new Date(now.getTime() + Math.min(delayMs, longestMs));
}

function milliseconds(value: string | null | undefined, unit: number): number | undefined {
  return value && /^\d+(\.\d+)?$/.test(value) ? Math.ceil(Number(value) * unit) : undefined;
}

function untilDate(value: string | null | undefined, now: Date): number | undefined {
  // Date.parse takes nearly everything for a date, "-5" too.
  if (!value || !/^[A-Z][a-z]{2,8}, .*GMT$/.test(value)) return undefined;
  const delayMs = Date.parse(value) - now.getTime();
  return delayMs >= 0 ? delayMs : undefined;
}
