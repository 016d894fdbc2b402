import type { JsonRecord } from "./json.ts";

/** What a request asks for, the same for both APIs. */
export type Prompt = {
  model: string;
  /** Instructions, and messages of the roles `system` and `developer`. */
  system: string;
  /** All messages of the role `user`. */
  user: string;
  /** The JSON Schema of the answer. Null: free text. */
  schema: JsonRecord | null;
  /** What the request calls it. */
  schemaName: string | null;
  maxOutputTokens: number | null;
  stream: boolean;
};
