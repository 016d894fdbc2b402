import { z } from "zod";
import { blogId, shopDomain } from "./domain.ts";

// PostgreSQL cannot keep NUL in JSON.
const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((one) => !one.includes("\u0000") && one.isWellFormed(), "must be well-formed Unicode without NUL");

/** Where an article is to be published, and as what. Its output can be parsed again. */
export const PublishTo = z.strictObject({
  /** One of the tenant's shops. */
  shop: z.string().regex(shopDomain, "expected the domain of a shop, like my-shop.myshopify.com"),
  blogId: z.string().regex(blogId, "expected the number of a blog, or gid://shopify/Blog/ and that"),
  /** Visible to all. Without it, a draft: also where the article was live before. */
  live: z.boolean().default(false),
  /** Who the shop names as its author. Default: the shop's own name, as its domain has it. */
  author: text(100).optional(),
  image: z
    .strictObject({
      url: text(2_000).pipe(z.url({ protocol: /^https$/, error: "must be an https address" })),
      altText: text(500).optional(),
    })
    .optional(),
});
export type PublishTo = z.output<typeof PublishTo>;

/** Where an article was published. */
export const Publication = z.object({
  shop: z.string(),
  blogId: z.string(),
  /** `gid://shopify/Article/…` */
  shopifyId: z.string(),
  /** The last part of its address there. */
  handle: z.string(),
  state: z.enum(["draft", "live"]),
});
export type Publication = z.output<typeof Publication>;
