/**
 * What goes wrong with a request to the shop. What `drop`, `slow` and `reset` are asked for: `drop` does it and cuts the line
 * before it answers, `slow` does it and answers late, `reset` cuts the line and does nothing.
 */
export const shopFaults = ["throttled", "429", "401", "502", "reset", "slow", "drop"] as const;
export type ShopFault = (typeof shopFaults)[number];

const asked = new RegExp(`^(${shopFaults.join("|")})(?:/([1-9]\\d{0,3}))?$`);

/** `502` for every request, `drop/5` for the first of every five. Null for what is no fault. */
export function parseShopFault(text: string): (() => ShopFault | undefined) | null {
  const [, name, every = "1"] = asked.exec(text) ?? [];
  if (name === undefined) return null;
  let before = 0;
  return () => (before++ % Number(every) === 0 ? (name as ShopFault) : undefined);
}
