import { Router } from "express";
import type { Db } from "../../../db/client.ts";
import { RequestError } from "../../../errors.ts";
import type { Catalogue } from "../../../generation/job/catalogue.ts";
import {
  endPause,
  listPauses,
  type Pause,
  type PauseTarget,
  pause,
} from "../../../generation/queue/turns/pauses.ts";
import { reply, serve } from "../../api/serve.ts";
import * as specs from "../../api/specs/admin/pauses.ts";

/** Pauses, for who may do what concerns the service as a whole. */
export function pauseRoutes(db: Db, catalogue: Catalogue): Router {
  const router = Router();

  serve(router, specs.createPause, async ({ body: { type, tenant, reason } }) => {
    if (type !== undefined && tenant !== undefined)
      throw invalid("/tenant", "expected a type or a tenant, got both");
    if (type !== undefined && !catalogue.type(type)) throw invalid("/type", `there is no job type "${type}"`);
    return reply(201, viewPause(await pause(db, targetOf(type, tenant), reason ?? null)));
  });

  serve(router, specs.listPauses, async () => reply(200, { data: (await listPauses(db)).map(viewPause) }));

  serve(router, specs.endPause, async ({ params: { pauseId } }) => {
    const target = parseTarget(pauseId);
    if (!target || !(await endPause(db, target, catalogue)))
      throw new RequestError("not_found", "There is no such pause.");
    return reply(204, undefined);
  });

  return router;
}

function targetOf(type: string | undefined, tenant: string | undefined): PauseTarget {
  if (type !== undefined) return { scope: "type", name: type };
  return tenant === undefined ? { scope: "all" } : { scope: "tenant", name: tenant };
}

function parseTarget(id: string): PauseTarget | null {
  if (id === "all") return { scope: "all" };
  const [, scope, name] = /^(type|tenant):(.+)$/s.exec(id) ?? [];
  return name === undefined ? null : { scope: scope as "type" | "tenant", name };
}

/** A pause as the API shows it. */
export const viewPause = ({ scope, name, reason, since }: Pause) => ({
  id: scope === "all" ? scope : `${scope}:${name}`,
  scope,
  name: name === "" ? null : name,
  reason,
  since: since.toISOString(),
});

const invalid = (pointer: string, message: string) =>
  new RequestError("invalid_input", "The request is not valid.", { issues: [{ pointer, message }] });
