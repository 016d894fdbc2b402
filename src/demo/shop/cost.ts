/** The points that an app may spend on a shop, as Shopify counts them. */
export type Bucket = {
  /** Takes what a request costs. Returns whether there was enough, and what an answer says of it. */
  take(cost: number): { isEnough: boolean; throttleStatus: ThrottleStatus };
  empty(): void;
};

export type ThrottleStatus = { maximumAvailable: number; currentlyAvailable: number; restoreRate: number };

/** `restoreRate`: points a second. */
export function createBucket(maximumAvailable: number, restoreRate: number): Bucket {
  let [left, at] = [maximumAvailable, Date.now()];
  function refill() {
    const now = Date.now();
    left = Math.min(maximumAvailable, left + ((now - at) / 1000) * restoreRate);
    at = now;
  }
  return {
    take(cost) {
      refill();
      const isEnough = left >= cost;
      if (isEnough) left -= cost;
      return { isEnough, throttleStatus: { maximumAvailable, currentlyAvailable: Math.floor(left), restoreRate } };
    },
    empty() {
      refill();
      left = 0;
    },
  };
}
