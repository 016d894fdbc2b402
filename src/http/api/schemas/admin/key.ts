import { z } from "zod";
import { scopes } from "../../../../access/scopes.ts";
import { Time } from "../basics.ts";

export const Scopes = z.array(z.enum(scopes));

/** What `viewKey` gives. */
export const Key = z
  .object({
    id: z.string().meta({ description: "The part of the key that is no secret", example: "0f9c1d2e3b4a5968" }),
    tenant: z.string(),
    scopes: Scopes,
    createdAt: Time,
    lastUsedAt: Time.nullable().meta({ description: "To the minute" }),
    revokedAt: Time.nullable().meta({ description: "Null while it is in force" }),
  })
  .meta({ id: "Key" });

export const NewKey = Key.extend({
  key: z.string().meta({ description: "The whole key, shown this once", example: "glly_0f9c1d2e3b4a5968_…" }),
}).meta({ id: "NewKey" });
