import type { Request } from "express";
import type { Subject } from "../../access/tokens.ts";

const name = "token=";

/**
 * Takes a `?token=` out of a request's address, so that nothing behind it, and no log, sees it. For browsers, whose
 * EventSource sends no headers.
 */
export function takeToken(request: Request): string | undefined {
  const [, query = ""] = request.url.split("?");
  const token = query.split("&").find((part) => part.startsWith(name));
  if (token === undefined) return undefined;
  request.url = withoutToken(request.url);
  request.originalUrl = withoutToken(request.originalUrl);
  return token.slice(name.length);
}

// The rest stays as it was written: its bytes are still to be checked.
function withoutToken(address: string): string {
  const [path = "", ...queries] = address.split("?");
  const rest = queries
    .join("?")
    .split("&")
    .filter((part) => !part.startsWith(name));
  return [path, rest.join("&")].filter((part) => part !== "").join("?");
}

type Asked = Pick<Request, "method" | "baseUrl" | "path" | "query">;

/** Whether a token for this job or batch may ask for that: to read the job and its events, the batch and its jobs. */
export function covers(subject: Subject, { method, baseUrl, path, query }: Asked): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const address = `${baseUrl}${path}`;
  if ("jobId" in subject) return /^\/v1\/jobs\/([^/]+)(\/events)?\/?$/i.exec(address)?.[1] === subject.jobId;
  if (/^\/v1\/jobs\/?$/i.test(address)) return query.batchId === subject.batchId;
  return /^\/v1\/batches\/([^/]+)\/?$/i.exec(address)?.[1] === subject.batchId;
}
