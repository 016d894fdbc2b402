import { defineJob } from "galley/author";
import { checking } from "./checking.ts";
import { describing } from "./describing.ts";
import { ProductDescriptionInput } from "./request.ts";

/** What a shop's page says of one product, from its facts. A batch has a job for each of up to 1,000 products. */
export const productDescription = defineJob({
  type: "product_description",
  description: "Describes a product from its facts: title, description, bullets, what search results show.",
  input: ProductDescriptionInput,
  example: {
    product: { id: "apron-1", title: "Linen apron", facts: ["100 % linen", "two pockets", "washable at 60 °C"] },
    keywords: ["linen apron"],
  },
  phases: [describing, checking],
});
