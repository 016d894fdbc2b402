import type { Body } from "galley/client";
import { useAnswer } from "./answer.ts";
import { client } from "./session.ts";

export type Rights = Body<"getCurrentKey">;

/** Whose key this tab has, and what it may do. Undefined as long as that is not known. */
export function useRights(): Rights | undefined {
  return useAnswer(async (signal) => (await client.value.request("getCurrentKey", { signal })).body, []).value;
}

/** Whether the key of this tab may change what is its tenant's. As long as that is not known it is taken for granted. */
export const useMayWrite = (): boolean => useRights()?.scopes.includes("jobs:write") ?? true;
