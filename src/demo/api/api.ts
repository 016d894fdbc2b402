import type { Draft } from "../draft.ts";
import type { Prompt } from "../prompt.ts";

/** One of the two APIs: how it asks, and how it is answered. */
export type Api<Asked> = {
  /** The request in this API's fields, and as a prompt. Throws Refusal. */
  read(body: unknown): { asked: Asked; prompt: Prompt };
  /** The answer in one piece. */
  whole(asked: Asked, draft: Draft): object;
  /** The answer as server-sent events, each ready for the wire. `chunks` are those of the draft, as they become due. */
  events(asked: Asked, draft: Draft, chunks: AsyncIterable<string>): AsyncIterable<string>;
};

/** A request that was read, and how its API answers it. The server treats both APIs alike by it. */
export type Exchange = {
  prompt: Prompt;
  whole(draft: Draft): object;
  events(draft: Draft, chunks: AsyncIterable<string>): AsyncIterable<string>;
};

export function exchangeOver<Asked>(api: Api<Asked>): (body: unknown) => Exchange {
  return (body) => {
    const { asked, prompt } = api.read(body);
    return {
      prompt,
      whole: (draft) => api.whole(asked, draft),
      events: (draft, chunks) => api.events(asked, draft, chunks),
    };
  };
}

export function newId(prefix: string): string {
  return `${prefix}${crypto.randomUUID().replaceAll("-", "")}`;
}

export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
