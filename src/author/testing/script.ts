import { draft } from "../../demo/draft.ts";
import type { FaultName } from "../../demo/fault.ts";
import type { JsonRecord } from "../../demo/json.ts";

/** One call to the scripted model. */
export type Call = {
  /** From 1. */
  number: number;
  system: string;
  user: string;
  maxOutputTokens: number;
  /** The name of the object that is asked for, and its JSON Schema. Null: a text is asked for. */
  name: string | null;
  schema: JsonRecord | null;
};

/** A text, an object, a text in pieces, or what goes wrong. */
export type Answer = string | object | Stream | Fault;

/** What a scripted model answers. */
export type Script = (call: Call) => Answer | Promise<Answer>;

class Stream {
  readonly pieces: string[];
  constructor(pieces: string[]) {
    this.pieces = pieces;
  }
}

class Fault {
  readonly name: FaultName;
  constructor(name: FaultName) {
    this.name = name;
  }
}

/** A text that comes in these pieces. */
export const stream = (...pieces: string[]): Answer => new Stream(pieces);

/**
 * What goes wrong with a call: `401`, `429`, `500` and `503` are the server's refusals, `refuse` is the model's; `stall`
 * never answers, `cut` breaks off before the end, `truncate` ends at the limit of length.
 */
export const fault = (name: FaultName): Answer => new Fault(name);

/** The demo model, which fills templates: the same call gets the same answer. */
export const demo: Script = ({ system, user, schema, name, maxOutputTokens }) =>
  draft({ model: "demo-1", system, user, schema, schemaName: name, maxOutputTokens, stream: true }).text;

/** These answers, in this order. A call too many ends the test. */
export const answers =
  (...list: readonly Answer[]): Script =>
  ({ number }) => {
    const answer = list[number - 1];
    if (answer !== undefined) return answer;
    throw new Error(`The script has ${list.length} answers, and this is call ${number}.`);
  };

/** The n-th call goes wrong; all others are answered by `otherwise`, the demo model by default. */
export const faultAt =
  (number: number, name: FaultName, otherwise: Script = demo): Script =>
  (call) =>
    call.number === number ? fault(name) : otherwise(call);

/** An answer as a model sends it. */
export type Sent = { text: string; pieces: string[] | null } | { fault: FaultName };

export function sentOf(answer: Answer): Sent {
  if (answer instanceof Fault) return { fault: answer.name };
  if (answer instanceof Stream) return { text: answer.pieces.join(""), pieces: answer.pieces };
  return { text: typeof answer === "string" ? answer : JSON.stringify(answer), pieces: null };
}
