import { z } from "zod";
import { route } from "../../route.ts";
import { Pause } from "../../schemas/admin/pause.ts";

export const createPause = route({
  id: "createPause",
  method: "post",
  path: "/v1/pauses",
  tag: "service",
  summary: "Pause everything, a type or a tenant",
  description:
    "Within a moment no phase of it begins any more; phases that run go on, and jobs are taken. Once more, it has the new reason. Needs the scope `admin`.",
  body: z
    .strictObject({
      type: z.string().min(1).optional(),
      tenant: z.string().min(1).max(200).optional(),
      reason: z.string().max(500).optional().meta({ description: "For those who read `/readyz`" }),
    })
    .meta({ id: "PauseRequest" }),
  answers: { 201: { description: "It is paused", schema: Pause } },
  problems: ["invalid_json", "too_large"],
});

export const listPauses = route({
  id: "listPauses",
  method: "get",
  path: "/v1/pauses",
  tag: "service",
  summary: "List what is paused, the oldest first",
  description: "Needs the scope `admin`.",
  answers: { 200: { description: "All pauses", schema: z.object({ data: z.array(Pause) }) } },
  problems: [],
});

export const endPause = route({
  id: "endPause",
  method: "delete",
  path: "/v1/pauses/{pauseId}",
  tag: "service",
  summary: "End a pause",
  description: "What waited goes on in its order. Needs the scope `admin`.",
  params: z.object({ pauseId: z.string().meta({ description: "`all`, `type:article` or `tenant:acme`" }) }),
  answers: { 204: { description: "Nothing is paused under this id any more" } },
  problems: ["not_found"],
});
