import type { Request, Response, Router } from "express";
import { z } from "zod";
import { tenantOf } from "../auth.ts";
import { parse } from "../problems.ts";
import type { Given, Reply, Route } from "./route.ts";

export type Context = { tenant: string; request: Request; response: Response };

/** Answers a request. Returns null where it has answered by itself, as a stream does. */
export type Handler<One extends Route> = (given: Given<One> & Context) => Promise<Reply<One> | null>;

/** An answer of this status. */
export const reply = <const Status extends number, Body>(
  status: Status,
  body: Body,
  headers: Record<string, string> = {},
) => ({ status, body, headers });

// What a caller says where nothing is asked for would have no effect.
const noBody = z.strictObject({});

/** Takes the requests of a route: checks what came against its schemas, and sends what the handler returns. */
export function serve<One extends Route>(router: Router, route: One, handle: Handler<One>): void {
  router[route.method](route.path.replaceAll(/\{(\w+)\}/g, ":$1"), async (request, response) => {
    const given = {
      params: route.params && parse(route.params, request.params),
      query: route.query && parse(route.query, request.query),
      headers: route.headers && parse(route.headers, request.headers),
      body: parse(route.body ?? noBody, request.body ?? {}),
    } as Given<One>;
    const reply = await handle({
      ...given,
      // Where no guard stands no tenant is known.
      get tenant() {
        return tenantOf(request);
      },
      request,
      response,
    });
    if (reply === null) return;
    const {
      status,
      headers = {},
      body,
    } = reply as { status: number; headers?: Record<string, string>; body?: unknown };
    response.status(status).set(headers);
    if (body === undefined) response.end();
    else response.json(body);
  });
}
