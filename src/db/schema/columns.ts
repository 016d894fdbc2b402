import { customType, numeric, timestamp } from "drizzle-orm/pg-core";
import { storableJson, storableText } from "../../storable.ts";

export const time = (name: string) => timestamp(name, { withTimezone: true });

/** Exact, since a cached token can cost 1e-8 dollars. */
export const usd = (name: string) => numeric(name, { precision: 20, scale: 12 });

/** Text that a person, a model or a handler wrote. */
export const freeText = customType<{ data: string; driverData: string }>({
  dataType: () => "text",
  toDriver: storableText,
});

/**
 * Any JSON value. Drizzle's own jsonb parses a string that it reads once more, so that the text "1" would come back
 * as the number 1.
 */
export const json = <T>(name: string) =>
  customType<{ data: T; driverData: unknown }>({ dataType: () => "jsonb", toDriver: storableJson })(name);
