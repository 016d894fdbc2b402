import { z } from "zod";
import { route } from "../route.ts";
import { Type } from "../schemas/type.ts";

export const listTypes = route({
  id: "listTypes",
  method: "get",
  path: "/v1/types",
  tag: "types",
  summary: "List what can be generated",
  answers: { 200: { description: "All types", schema: z.object({ data: z.array(Type) }) } },
  problems: [],
});

export const getType = route({
  id: "getType",
  method: "get",
  path: "/v1/types/{type}",
  tag: "types",
  summary: "Read one type",
  params: z.object({ type: z.string() }),
  answers: { 200: { description: "The type", schema: Type } },
  problems: ["not_found"],
});
