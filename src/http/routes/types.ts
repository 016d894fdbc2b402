import { Router } from "express";
import { z } from "zod";
import type { JobType } from "../../author/index.ts";
import { RequestError } from "../../errors.ts";
import type { Catalogue } from "../../generation/job/catalogue.ts";

/** What can be generated. */
export function typeRoutes(catalogue: Catalogue): Router {
  const router = Router();

  router.get("/types", (_request, response) => {
    response.json({ data: catalogue.types.map(viewType) });
  });

  router.get("/types/:type", (request, response) => {
    const type = catalogue.type(request.params.type);
    if (!type) throw new RequestError("not_found", `There is no job type "${request.params.type}".`);
    response.json(viewType(type));
  });

  return router;
}

const viewType = ({ type, description, phases, input }: JobType) => ({
  type,
  description,
  phases: phases.map(({ name }) => name),
  input: z.toJSONSchema(input, { io: "input", unrepresentable: "any" }),
});
