import type { RequestHandler } from "express";
import { v7 as newUuid } from "uuid";

/** Names each request, by the caller's own name if it is usable. */
export const requestId: RequestHandler = (request, response, next) => {
  const given = request.get("X-Request-Id") ?? "";
  response.set("X-Request-Id", /^[\w.:-]{1,128}$/.test(given) ? given : newUuid());
  next();
};
