import type { ZodOpenApiResponsesObject } from "zod-openapi";
import { type RequestErrorCode, requestErrors } from "../../errors.ts";
import { describeHeaders, headersOfAny, headersOfProblem, type ResponseHeader } from "./headers.ts";
import { type Answer, commonProblems, guardProblems, type Route } from "./route.ts";
import { Problem } from "./schemas/problem.ts";

/** All that a route may answer, as OpenAPI describes it. */
export function responsesOf({ method, answers, problems }: Route, isGuarded: boolean): ZodOpenApiResponsesObject {
  const ofAny = headersOfAny(isGuarded);
  return {
    ...problemsOf([...problems, ...commonProblems, ...(isGuarded ? guardProblems : [])], ofAny),
    // Express compares every answer with the ETag that the client has.
    ...(method === "get" && answersOf({ 304: { description: "It is as `If-None-Match` says" } }, ofAny)),
    ...answersOf(answers, ofAny),
  };
}

function answersOf(answers: Route["answers"], ofAny: readonly ResponseHeader[]): ZodOpenApiResponsesObject {
  return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, responseOf(answer, ofAny)]));
}

function responseOf({ description, schema, also = [], headers = [] }: Answer, ofAny: readonly ResponseHeader[]) {
  const media = [
    ...(schema ? ([["application/json", { schema }]] as const) : []),
    ...also.map((type) => [type, {}] as const),
  ];
  return {
    description,
    headers: describeHeaders([...headers, ...ofAny]),
    ...(media.length > 0 && { content: Object.fromEntries(media) }),
  };
}

/** One response for each status, with all codes that it may have. */
function problemsOf(
  codes: readonly RequestErrorCode[],
  ofAny: readonly ResponseHeader[],
): ZodOpenApiResponsesObject {
  const byStatus = Map.groupBy(new Set(codes), (code) => requestErrors[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: ofStatus.map((code) => `\`${code}\`: ${requestErrors[code].title}`).join("; "),
        headers: describeHeaders([...headersOfProblem(status), ...ofAny]),
        content: { "application/problem+json": { schema: Problem } },
      },
    ]),
  );
}
