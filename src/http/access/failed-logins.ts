import { ipKeyGenerator } from "express-rate-limit";

/** Counts wrong keys by the address that they come from, a minute at a time. */
export type FailedLogins = {
  /** Notes one. Returns how many that makes in this minute. */
  note(address: string): number;
  /** Seconds until the address may try again. 0: it may now. */
  waitOf(address: string): number;
};

export const mostFailures = 20;
const minuteMilliseconds = 60_000;
// A few MB at most, whatever comes.
const mostAddresses = 10_000;

export function createFailedLogins(): FailedLogins {
  const failures = new Map<string, number>();
  let minuteEnds = 0;

  function inThisMinute(): Map<string, number> {
    if (performance.now() < minuteEnds) return failures;
    failures.clear();
    minuteEnds = performance.now() + minuteMilliseconds;
    return failures;
  }

  return {
    note(address) {
      const network = networkOf(address);
      const count = (inThisMinute().get(network) ?? 0) + 1;
      const [oldest] = failures.keys();
      if (failures.size >= mostAddresses && count === 1 && oldest !== undefined) failures.delete(oldest);
      failures.set(network, count);
      return count;
    },
    waitOf(address) {
      if ((inThisMinute().get(networkOf(address)) ?? 0) < mostFailures) return 0;
      return Math.ceil((minuteEnds - performance.now()) / 1_000);
    },
  };
}

// One client has a whole /64 of IPv6 to itself.
const networkOf = (address: string): string => ipKeyGenerator(address, 64);
