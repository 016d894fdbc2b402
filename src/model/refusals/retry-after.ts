const longestMs = 3_600_000;

/**
 * The moment a server asks to be left alone until, at most an hour from now. Undefined if it named none. OpenAI says it
 * in the message alone when the error comes in the middle of a stream; what a header says is more exact.
 */
export function askedRetryTime(headers: Headers | undefined, now: Date, message = ""): Date | undefined {
  const delayMs =
    milliseconds(headers?.get("retry-after-ms"), 1) ??
    milliseconds(headers?.get("retry-after"), 1000) ??
    untilDate(headers?.get("retry-after"), now) ??
    untilReset(headers) ??
    untilPlainReset(headers, now) ??
    inWords(message);
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

/** What is used up for now is there again after this. */
function untilReset(headers: Headers | undefined): number | undefined {
  const delays = ["requests", "tokens"].map((kind) => {
    const isUsedUp = headers?.get(`x-ratelimit-remaining-${kind}`) === "0";
    return isUsedUp ? duration(headers?.get(`x-ratelimit-reset-${kind}`) ?? "") : undefined;
  });
  const known = delays.filter((delay) => delay !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
}

/** OpenRouter and others name a moment, in seconds or milliseconds since 1970, or how long it is. */
function untilPlainReset(headers: Headers | undefined, now: Date): number | undefined {
  const value = headers?.get("x-ratelimit-reset") ?? "";
  if ((headers?.get("x-ratelimit-remaining") ?? "0") !== "0" || !/^\d+(\.\d+)?$/.test(value)) return undefined;
  const number = Number(value);
  if (number < 1e9) return Math.ceil(number * 1000);
  return Math.max(0, (number < 1e12 ? number * 1000 : number) - now.getTime());
}

/** "Please try again in 1m2.5s", "Please retry in 53.0s", "retry after 26 seconds". */
function inWords(message: string): number | undefined {
  const [, words = ""] =
    /(?:try again|retry|wait)(?: in| after| for)? ((?:\d+(?:\.\d+)? ?[a-z]+)+)/i.exec(message) ?? [];
  return duration(words);
}

/** "6m0s", "11 seconds", in whole milliseconds. Undefined if it is none. */
function duration(words: string): number | undefined {
  const parts = [...words.matchAll(/(\d+(?:\.\d+)?) ?([a-z]+)/gi)].map(
    ([, number, unit = ""]) => Number(number) * (units.get(unit.toLowerCase()) ?? Number.NaN),
  );
  const delayMs = Math.ceil(parts.reduce((sum, part) => sum + part, 0));
  return parts.length > 0 && !Number.isNaN(delayMs) ? delayMs : undefined;
}

const units = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["second", 1_000],
  ["seconds", 1_000],
  ["m", 60_000],
  ["minute", 60_000],
  ["minutes", 60_000],
  ["h", 3_600_000],
  ["hour", 3_600_000],
  ["hours", 3_600_000],
]);
