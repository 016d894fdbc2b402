/** What a delta adds to the answer. `restart`: what came before it was thinking, and is no part of the answer. */
export type Visible = { text: string; restart: boolean };

export type ThinkingFilter = {
  read(delta: string): Visible;
  /** What was held back because it could have become a tag. */
  end(): string;
};

const opening = /^\s*<(think|thinking|thought)>/i;
const maybeOpening = /^\s*(<[a-z]{0,10})?$/i;
const closing = /<\/(think|thinking|thought)>\s*/i;
// In prose about models the tag stands in code, and in JSON within a text.
const inCode = /`$/;
const fence = /```/g;
const json = /^\s*[[{]/;
const maybeClosing = /`?(<(\/[a-z]{0,10})?)?$/i;

/**
 * Leaves out what a model thinks in its answer: from a tag at its head to the tag's end, and what stands before an end
 * without a beginning, since some servers put the beginning into the prompt. vLLM without a parser, Ollama, Groq and
 * Hugging Face send it so.
 */
export function createThinkingFilter(): ThinkingFilter {
  let state: "head" | "thinking" | "text" = "head";
  let held = "";
  // Nothing that is shown can turn out to be thinking any more.
  let isDecided = false;
  // What was shown before that.
  let shown = "";

  function isUnopenedEnd(before: string): boolean {
    const all = shown + before;
    return !inCode.test(all) && !json.test(all) && (all.match(fence)?.length ?? 0) % 2 === 0;
  }

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
          if (isDecided) held = held.trimStart();
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
        isDecided = true;
        state = "head";
        continue;
      }
      if (end && !isDecided && isUnopenedEnd(held.slice(0, end.index))) {
        held = held.slice(end.index + end[0].length);
        isDecided = true;
        restart = true;
        text = "";
        state = "head";
        continue;
      }
      if (end) isDecided = true;
      const tail = isDecided ? "" : (maybeClosing.exec(held)?.[0] ?? "");
      const piece = held.slice(0, held.length - tail.length);
      if (!isDecided) shown += piece;
      text += piece;
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
