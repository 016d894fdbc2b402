import { z } from "zod";
import { shopDomain } from "../../../../content/shopify/domain.ts";
import { Time, Uuid } from "../basics.ts";

export const ShopDomain = z
  .string()
  .regex(shopDomain, "expected the domain that Shopify gave the shop, like my-shop.myshopify.com")
  .meta({ description: "The domain that Shopify gave the shop", example: "my-shop.myshopify.com" });

/** Never shows what the shop is signed in to with. */
export const Shop = z
  .object({
    id: Uuid,
    domain: ShopDomain,
    credentials: z.enum(["client_credentials", "access_token"]).meta({ description: "Of which kind they are" }),
    createdAt: Time,
    updatedAt: Time.meta({ description: "When it was given its credentials" }),
  })
  .meta({ id: "Shop" });

export const Shops = z.object({
  data: z.array(Shop),
  canConnect: z.boolean().meta({ description: "Whether shops are taken: without `SECRETS_KEY` none are" }),
});

// What a header and a form can carry.
const Secret = z.string().regex(/^[\x21-\x7e]{1,500}$/, "expected visible ASCII, no spaces, at most 500");

const shape = {
  clientId: Secret.optional().meta({ description: "Of an app in the shop owner's organization" }),
  clientSecret: Secret.optional().meta({ description: "With `clientId`: exchanged for tokens that last a day" }),
  accessToken: Secret.optional().meta({ description: "In their place: a fixed token of the Admin API" }),
};

type Given = { [Name in keyof typeof shape]?: string | undefined };

const isOneKind = ({ clientId, clientSecret, accessToken }: Given): boolean =>
  accessToken === undefined
    ? clientId !== undefined && clientSecret !== undefined
    : clientId === undefined && clientSecret === undefined;
const oneKind = "expected clientId and clientSecret, or accessToken";

export const ShopRequest = z
  .strictObject({ domain: ShopDomain, ...shape })
  .refine(isOneKind, oneKind)
  .meta({ id: "ShopRequest" });

export const ShopChange = z.strictObject(shape).refine(isOneKind, oneKind).meta({ id: "ShopChange" });
