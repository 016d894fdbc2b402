import { Router } from "express";
import { z } from "zod";
import type { JobType } from "../../author/index.ts";
import { RequestError } from "../../errors.ts";
import type { Catalogue } from "../../generation/job/catalogue.ts";
import { reply, serve } from "../api/serve.ts";
import { getType, listTypes } from "../api/specs/types.ts";

/** What can be generated. */
export function typeRoutes(catalogue: Catalogue): Router {
  const router = Router();

  serve(router, listTypes, async () => reply(200, { data: catalogue.types.map(viewType) }));

  serve(router, getType, async ({ params }) => {
    const type = catalogue.type(params.type);
    if (!type) throw new RequestError("not_found", `There is no job type "${params.type}".`);
    return reply(200, viewType(type));
  });

  return router;
}

const viewType = ({ type, description, phases, input }: JobType) => ({
  type,
  description,
  phases: phases.map(({ name }) => name),
  optionalPhases: phases.filter(({ when }) => when).map(({ name }) => name),
  input: z.toJSONSchema(input, { io: "input", unrepresentable: "any" }),
});
