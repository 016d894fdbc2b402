import { z } from "zod";

const decimals = 12;
const inUnits = (usd: string): bigint => {
  const [whole = "0", part = ""] = usd.split(".");
  return BigInt(whole + part.padEnd(decimals, "0"));
};

/** The exact sum of two amounts as the database gives them, neither below 0. Null if one is not known. */
export function addUsd(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return null;
  const sum = String(inUnits(one) + inUnits(other)).padStart(decimals + 1, "0");
  return `${sum.slice(0, -decimals)}.${sum.slice(-decimals)}`;
}

/** Dollars as a decimal string of at most 12 decimals, as exact as the database keeps them. */
export const Usd = z
  .string()
  .regex(/^\d{1,7}(\.\d{1,12})?$/, 'expected a decimal number of dollars as a string, like "0.50"');
