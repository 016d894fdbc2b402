import { type Fault, line, stream } from "./fault-server.ts";

type Counts = { input: number; cachedInput: number; cacheWrite: number; output: number; reasoning: number };

/** A healthy provider's events, piece by piece, as lines of its stream. */
export type Dialect = {
  begin(servedModel?: string): string[];
  text(delta: string): string[];
  refusal(text: string): string[];
  end(how: "complete" | "truncated" | "filtered", counts: Counts): string[];
};

export const counts: Counts = {
  input: 10_000,
  cachedInput: 4_000,
  cacheWrite: 1_000,
  output: 2_000,
  reasoning: 512,
};
export const served = "gpt-6-sol-2026-08-01";

const responses: Dialect = {
  begin: (model = served) => [event({ type: "response.created", response: { model, status: "in_progress" } })],
  text: (delta) => [event({ type: "response.output_text.delta", delta, output_index: 0, content_index: 0 })],
  refusal: (delta) => [event({ type: "response.refusal.delta", delta, output_index: 0, content_index: 0 })],
  end(how, { input, cachedInput, cacheWrite, output, reasoning }) {
    const status = how === "complete" ? "completed" : "incomplete";
    const reason = how === "filtered" ? "content_filter" : "max_output_tokens";
    const usage = {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cachedInput, cache_write_tokens: cacheWrite },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: input + output,
    };
    const incomplete_details = how === "complete" ? null : { reason };
    const response = { status, model: served, error: null, incomplete_details, output: [], usage };
    return [event({ type: `response.${status}`, response })];
  },
};

const chat: Dialect = {
  begin: (model = served) => [chunk({ role: "assistant", content: "" }, null, model)],
  text: (content) => [chunk({ content })],
  refusal: (refusal) => [chunk({ refusal })],
  end(how, { input, cachedInput, cacheWrite, output, reasoning }) {
    const reason = { complete: "stop", truncated: "length", filtered: "content_filter" }[how];
    const usage = {
      prompt_tokens: input,
      prompt_tokens_details: { cached_tokens: cachedInput, cache_write_tokens: cacheWrite },
      completion_tokens: output,
      completion_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: input + output,
    };
    return [chunk({}, reason), line({ model: served, choices: [], usage }), "data: [DONE]\n\n"];
  },
};

export const dialects = { responses, chat };

/** A whole answer, over Chat Completions. */
export const answering = (text: string, used: Counts = counts): Fault =>
  stream([...chat.begin(), ...chat.text(text), ...chat.end("complete", used)]);

function event(data: { type: string } & Record<string, unknown>): string {
  return line(data, data.type);
}

function chunk(delta: Record<string, unknown>, finish_reason: string | null = null, model = served): string {
  return line({ object: "chat.completion.chunk", model, choices: [{ index: 0, delta, finish_reason }] });
}
