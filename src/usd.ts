import { z } from "zod";

/** Dollars as a decimal string of at most 12 decimals, as exact as the database keeps them. */
export const Usd = z
  .string()
  .regex(/^\d{1,7}(\.\d{1,12})?$/, 'expected a decimal number of dollars as a string, like "0.50"');
