import { z } from "zod";
import { usualScopes } from "../../../../access/scopes.ts";
import { route } from "../../route.ts";
import { Key, NewKey, Scopes } from "../../schemas/admin/key.ts";
import { TenantName } from "../../schemas/admin/tenant.ts";

export const createKey = route({
  id: "createKey",
  method: "post",
  path: "/v1/keys",
  tag: "service",
  summary: "Make a key for a tenant",
  description:
    "The key stands in this answer alone. It has no scope that the key which asks for it has not. Needs the scope `admin`.",
  body: z.strictObject({
    tenant: TenantName,
    scopes: Scopes.min(1)
      .transform((given) => [...new Set(given)])
      .default([...usualScopes]),
  }),
  answers: { 201: { description: "The key", schema: NewKey } },
  problems: [],
});

export const listKeys = route({
  id: "listKeys",
  method: "get",
  path: "/v1/keys",
  tag: "service",
  summary: "List the keys of all tenants, the oldest first, those that were revoked too",
  description: "Needs the scope `admin`.",
  answers: { 200: { description: "All keys", schema: z.object({ data: z.array(Key) }) } },
  problems: [],
});

export const getCurrentKey = route({
  id: "getCurrentKey",
  method: "get",
  path: "/v1/keys/current",
  tag: "service",
  summary: "Read whose key the request has, and what it may do",
  description: "Any key may ask this, whatever its scopes.",
  answers: {
    200: {
      description: "What the key is for",
      schema: z
        .object({
          id: z
            .string()
            .nullable()
            .meta({ description: "Null on the service's own machine, as long as there are no keys" }),
          tenant: z.string(),
          scopes: Scopes,
        })
        .meta({ id: "CurrentKey" }),
    },
  },
  problems: [],
});

export const revokeKey = route({
  id: "revokeKey",
  method: "delete",
  path: "/v1/keys/{keyId}",
  tag: "service",
  summary: "Revoke a key for good",
  description: "All processes refuse it a second later. Needs the scope `admin`.",
  params: z.object({ keyId: z.string().meta({ description: "The id of a key" }) }),
  answers: { 204: { description: "It is revoked" } },
  problems: ["not_found"],
});
