import type { Exchange } from "./api/api.ts";
import { Refusal } from "./refusal.ts";

export type Fields = Record<string, unknown>;

/** A chunk of Chat Completions, as far as shapes change it. */
export type Chunk = Fields & {
  choices: { delta: Fields & { content?: unknown }; finish_reason: string | null }[];
  usage?: Fields | null;
};

/** How another server speaks Chat Completions. */
export type Shape = {
  /** The request as the demo model reads it. Throws Refusal for what this server refuses. */
  read?(body: Fields): Fields;
  /** What comes before the first event. */
  before?: string;
  /** Begins an answer. What it returns is asked for each chunk, and gives what is sent for it. */
  begin?(): (chunk: Chunk) => Chunk[];
};

/** An error in the server's own shape. */
export class ShapedRefusal extends Refusal {
  readonly #shaped: object;

  constructor(status: number, shaped: object) {
    super(status, "refused");
    this.#shaped = shaped;
  }

  override get body() {
    return this.#shaped as Refusal["body"];
  }
}

/** The demo model's exchange, dressed as another server. */
export function dressed(shape: Shape, exchange: (body: unknown) => Exchange): (body: unknown) => Exchange {
  return (body) => {
    const asked = exchange(isFields(body) ? (shape.read?.(body) ?? body) : body);
    return { ...asked, events: (draft, chunks) => dress(shape, asked.events(draft, chunks)) };
  };
}

async function* dress({ before, begin }: Shape, events: AsyncIterable<string>): AsyncIterable<string> {
  if (before) yield before;
  const change = begin?.();
  for await (const event of events) {
    const json = /^data: (\{.*\})\s*$/s.exec(event)?.[1];
    if (!change || json === undefined) yield event;
    else for (const chunk of change(JSON.parse(json) as Chunk)) yield `data: ${JSON.stringify(chunk)}\n\n`;
  }
}

/** A chunk with this as its piece of text. */
export const withContent = (chunk: Chunk, content: unknown): Chunk => withDelta(chunk, { content });

export function withDelta(chunk: Chunk, delta: Fields): Chunk {
  const [choice] = chunk.choices;
  return { ...chunk, choices: choice ? [{ ...choice, delta: { ...choice.delta, ...delta } }] : [] };
}

/** Whether the chunk brings text. */
export const textIn = ({ choices }: Chunk): string => {
  const content = choices[0]?.delta.content;
  return typeof content === "string" ? content : "";
};

/** A body whose schema the server knows from the prompt alone. */
export function withPromptsSchema(body: Fields): Fields {
  const messages = Array.isArray(body.messages) ? body.messages : [];
  const rules = messages.map((message: Fields) => String(message.content)).join("\n");
  const [, schema] =
    /JSON Schema: (\{.*\})$/ms.exec(rules.split("\n").find((line) => line.includes("JSON Schema: ")) ?? "") ?? [];
  if (schema === undefined) return { ...body, response_format: null };
  const json_schema = { name: "answer", schema: JSON.parse(schema) as unknown };
  return { ...body, response_format: { type: "json_schema", json_schema } };
}

const isFields = (body: unknown): body is Fields => typeof body === "object" && body !== null;
