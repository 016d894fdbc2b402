/** What a delta adds to the answer. `restart`: what came before it was thinking, and is no part of the answer. */
export type Visible = { text: string; restart: boolean };

export type ThinkingFilter = {
  read(delta: string): Visible;
  /** What was held back because it could have become a tag. */
  end(): string;
};

const opening = /^\s*<(think|thinking|thought|reasoning)>/i;
const maybeOpening = /^\s*(<[a-z]{0,10})?$/i;
// In prose about models the tag stands in code.
const closing = /(?<!`)<\/(think|thinking|thought|reasoning)>\s*/i;
const maybeClosing = /`?(<(\/[a-z]{0,10})?)?$/i;

/**
 * Leaves out what a model thinks in its answer: from a tag at its head to the tag's end, and what stands before an end
 * without a beginning, since some servers put the beginning into the prompt. vLLM without a parser, Ollama, Groq and
 * Hugging Face send it so.
 */
export function createThinkingFilter(): ThinkingFilter {
  let state: "head" | "thinking" | "text" = "head";
  let held = "";
  let hasThought = false;

  function read(delta: string): Visible {
    held += delta;
    let restart = false;
    let text = "";
    for (;;) {
      if (state === "head") {
        const found = opening.exec(held);
        if (found) {
          held = held.slice(found[0].length);
          state = "thinking";
        } else if (maybeOpening.test(held)) {
          return { text, restart };
        } else {
          state = "text";
          if (hasThought) held = held.trimStart();
        }
      }
      const end = closing.exec(held);
      if (state === "thinking") {
        if (!end) {
          // All of it is thinking but what may become the end.
          held = maybeClosing.exec(held)?.[0] ?? "";
          return { text, restart };
        }
        held = held.slice(end.index + end[0].length);
        hasThought = true;
        state = "head";
        continue;
      }
      if (end && !hasThought) {
        held = held.slice(end.index + end[0].length);
        hasThought = true;
        restart = true;
        text = "";
        state = "head";
        continue;
      }
      const tail = hasThought ? "" : (maybeClosing.exec(held)?.[0] ?? "");
      text += held.slice(0, held.length - tail.length);
      held = tail;
      return { text, restart };
    }
  }

  return {
    read,
    end() {
      const rest = state === "thinking" ? "" : held;
      held = "";
      return rest;
    },
  };
}
