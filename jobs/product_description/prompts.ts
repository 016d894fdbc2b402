import { createAsk } from "../text/ask.ts";
import { systemFor } from "../text/prompts.ts";

/** Changes with every change of a prompt here or of the rules in `jobs/text/`. */
export const promptVersion = "product_description-1";

const system = systemFor(
  "You write for the shelves of an online shop. You say what a product is and does, so that a buyer can decide.",
);

export const { askObject } = createAsk({ system, promptVersion });
