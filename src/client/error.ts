import type { Problem } from "./types.ts";

type Facts = Pick<Problem, "status" | "detail" | "errors"> & {
  code: GalleyError["code"];
  retryAfterSeconds?: number | undefined;
  cause?: unknown;
};

/** Why a request was not answered as asked. */
export class GalleyError extends Error {
  override readonly name = "GalleyError";
  /** The problem's; `unreachable` if there was no answer, `unexpected` if the answer was not the service's. */
  readonly code: Problem["code"] | "unreachable" | "unexpected";
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number;
  /** What was expected, and what came. */
  readonly detail: string;
  /** Each place in the request that is not valid. */
  readonly errors: NonNullable<Problem["errors"]>;
  readonly retryAfterSeconds: number | undefined;

  constructor({ code, status, detail, errors = [], retryAfterSeconds, cause }: Facts) {
    super(detail, { cause });
    this.code = code;
    this.status = status;
    this.detail = detail;
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the same request may be answered later: there was no answer, too many requests, or the service could not. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** The error that an answer stands for. */
export async function errorOf(response: Response): Promise<GalleyError> {
  const { status } = response;
  const retryAfterSeconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const facts = { status, ...(retryAfterSeconds >= 0 && { retryAfterSeconds }) };
  const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json");
  const problem = isProblem ? ((await response.json().catch(() => null)) as Problem | null) : null;
  if (problem)
    return new GalleyError({ ...facts, code: problem.code, detail: problem.detail, errors: problem.errors });
  return new GalleyError({ ...facts, code: "unexpected", detail: `${response.url} answered ${status}.` });
}
