import { createAsk } from "../text/ask.ts";
import { systemFor } from "../text/prompts.ts";

/**
 * Changes with every change of a prompt: of a task in `phases/` or `write/`, or of the rules in `jobs/text/`. Steps
 * keep their answers under it, so a prompt that has changed is asked again.
 */
export const promptVersion = "article-2";

/** The same for every call, so that providers can serve it from their prompt cache. */
export const system = systemFor(
  "You are the editor and writer of a blog. You write for people who have a question, and you respect their time.",
);

/** How every phase of an article asks its model. */
export const { askText, askObject } = createAsk({ system, promptVersion });
