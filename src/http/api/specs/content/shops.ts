import { z } from "zod";
import { route } from "../../route.ts";
import { Shop, ShopChange, ShopRequest, Shops } from "../../schemas/content/shop.ts";

const params = z.object({ id: z.string().meta({ description: "The id of a shop" }) });

export const createShop = route({
  id: "createShop",
  method: "post",
  path: "/v1/shops",
  tag: "shops",
  summary: "Name a shop at Shopify to publish in",
  description: "With what is signed in to it: that is sealed at once, and shown by no answer. Needs `SECRETS_KEY`.",
  body: ShopRequest,
  answers: { 201: { description: "The shop", schema: Shop } },
  problems: [],
});

export const listShops = route({
  id: "listShops",
  method: "get",
  path: "/v1/shops",
  tag: "shops",
  summary: "List shops, by domain",
  answers: { 200: { description: "All shops", schema: Shops } },
  problems: [],
});

export const changeShop = route({
  id: "changeShop",
  method: "patch",
  path: "/v1/shops/{id}",
  tag: "shops",
  summary: "Give a shop other credentials",
  params,
  body: ShopChange,
  answers: { 200: { description: "The shop", schema: Shop } },
  problems: ["not_found"],
});

export const deleteShop = route({
  id: "deleteShop",
  method: "delete",
  path: "/v1/shops/{id}",
  tag: "shops",
  summary: "Forget a shop and its credentials",
  params,
  answers: { 204: { description: "Nothing more is published there; what was stays" } },
  problems: ["not_found"],
});
