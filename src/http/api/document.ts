import { readFile } from "node:fs/promises";
import { z } from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from "zod-openapi";
import type { JobType } from "../../author/index.ts";
import { scopeFor } from "../access/needs.ts";
import { covers } from "../access/token-address.ts";
import { responsesOf } from "./responses.ts";
import type { Route } from "./route.ts";
import { routes } from "./routes.ts";
import { submitBatch } from "./specs/batches.ts";
import { Submission, submitJob } from "./specs/jobs.ts";
import { createSchedule } from "./specs/schedules.ts";

/** The OpenAPI document of the API, made from the routes and from the job types that can be submitted. */
export async function createApiDocument(types: readonly JobType[]) {
  const { version } = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8"));
  const paths: ZodOpenApiPathsObject = {};
  const named = types.map((one) => ({ ...one, input: inputOf(one) }));
  for (const one of routes) {
    paths[one.path] = { ...paths[one.path], [one.method]: operationOf(one, bodyOf(one, named)) };
  }
  return createDocument({
    openapi: "3.1.1",
    info: {
      title: "Galley",
      version,
      description: "Durable jobs of AI generation: submit one, follow it, and read its result.",
      license: { name: "Unlicensed", identifier: "UNLICENSED" },
    },
    servers: [{ url: "/" }],
    tags: ["jobs", "batches", "schedules", "webhooks", "topics", "articles", "shops", "types", "service"].map(
      (name) => ({
        name,
      }),
    ),
    components: {
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description: "An API key, `glly_…`, or a token of `POST /v1/tokens`",
        },
        token: {
          type: "apiKey",
          in: "query",
          name: "token",
          description: "A token of `POST /v1/tokens`, for what sends no headers, like a browser's `EventSource`",
        },
      },
    },
    paths,
  });
}

function operationOf(one: Route, body: z.ZodType | undefined): ZodOpenApiOperationObject {
  const { id, tag, summary, description, params, query, headers } = one;
  // `app.ts` puts a guard before all of these, and before nothing else in the table.
  const isGuarded = one.path.startsWith("/v1/");
  const scope = scopeFor(one);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description && { description }),
    requestParams: {
      ...(params && { path: params }),
      ...(query && { query }),
      ...(headers && { header: headers }),
    },
    ...(body && {
      requestBody: { required: !body.safeParse({}).success, content: { "application/json": { schema: body } } },
    }),
    // On its own machine, and as long as there are no keys, the service needs none.
    security: isGuarded
      ? [{ key: scope === null ? [] : [scope] }, ...(takesTokens(one) ? [{ token: [] }] : []), {}]
      : [],
    responses: responsesOf(one, isGuarded),
  };
}

/** Whether a token for a job or a batch is enough. */
function takesTokens({ method, path }: Route): boolean {
  const asked = { method: method.toUpperCase(), baseUrl: "", path, query: { batchId: "{id}" } };
  return covers({ jobId: "{id}" }, asked) || covers({ batchId: "{id}" }, asked);
}

const inputOf = ({ type, input, example }: JobType): z.ZodType =>
  input.meta({ id: `Input_${type}`, ...(example !== undefined && { examples: [example] }) });

/** A request that names a type and its input, by type: a new type needs nothing here. */
function byType(types: readonly JobType[], name: string, base: z.ZodObject): z.ZodType {
  const [first, ...others] = types.map(({ type, description, input }) =>
    base.extend({ type: z.literal(type), input }).meta({ id: `${name}_${type}`, description }),
  );
  return first ? z.discriminatedUnion("type", [first, ...others]) : base;
}

/** The body of a route, with the types that there are where it names one. */
function bodyOf(one: Route, types: readonly JobType[]): z.ZodType | undefined {
  switch (one.id) {
    case submitJob.id:
      return byType(types, "Submission", Submission);
    case createSchedule.id:
      return byType(types, "ScheduleRequest", createSchedule.body);
    case submitBatch.id: {
      const job = byType(types, "BatchSubmission", Submission.omit({ supersedes: true }));
      return submitBatch.body.extend({ jobs: z.array(job).min(1).max(1_000) });
    }
    default:
      return one.body;
  }
}
