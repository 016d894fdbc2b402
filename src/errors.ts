/**
 * The catalogue of what can go wrong, and the classes that carry it. Everything decides by `code`, never by
 * the text of a message.
 *
 * Two families: a job error ends an attempt of a phase and is stored with the job; a request error refuses an
 * HTTP request and is answered as problem+json.
 */

/**
 * Why an attempt ended. `retryable`: the phase may run again. `message` is what a consumer reads where the cause
 * itself may not be shown. `closes`: what no worker calls for a while, at first for so many seconds. A closed
 * model means "later", so trying again uses up no attempt; a closed account needs its owner. `elsewhere`: says nothing of
 * the request, so another model may answer it.
 */
export const jobErrors = {
  rate_limited: {
    retryable: true,
    elsewhere: true,
    closes: { what: "model", seconds: 2 },
    message: "The model provider asks to slow down.",
  },
  overloaded: {
    retryable: true,
    elsewhere: true,
    closes: { what: "model", seconds: 10 },
    message: "The model provider is overloaded.",
  },
  quota_exhausted: {
    retryable: false,
    elsewhere: true,
    closes: { what: "account", seconds: 30 },
    message: "The model provider's account needs attention.",
  },
  invalid_api_key: {
    retryable: false,
    elsewhere: true,
    closes: { what: "account", seconds: 30 },
    message: "The model provider refused our key.",
  },
  permission_denied: {
    retryable: false,
    elsewhere: true,
    closes: null,
    message: "The model provider does not permit this.",
  },
  model_not_found: {
    retryable: false,
    elsewhere: true,
    closes: null,
    message: "The model provider does not know the model.",
  },
  wrong_address: {
    retryable: false,
    elsewhere: true,
    closes: null,
    message: "The model provider has nothing at this address.",
  },
  context_length_exceeded: { retryable: false, closes: null, message: "The request is too long for the model." },
  bad_request: { retryable: false, closes: null, message: "The model provider rejected the request." },
  content_refused: { retryable: false, closes: null, message: "The model declined to write this." },
  invalid_output: { retryable: true, closes: null, message: "The model's answer was not usable." },
  timeout: { retryable: true, elsewhere: true, closes: null, message: "No answer in time." },
  network: {
    retryable: true,
    elsewhere: true,
    closes: null,
    message: "The connection to the model provider broke.",
  },
  provider_error: { retryable: true, elsewhere: true, closes: null, message: "The model provider had an error." },
  budget_exceeded: { retryable: false, closes: null, message: "The job's budget is used up." },
  worker_lost: { retryable: true, closes: null, message: "The worker that ran this phase is gone." },
  invalid_phase: { retryable: false, closes: null, message: "No handler can run this phase." },
  input_mismatch: { retryable: false, closes: null, message: "The phase's input does not fit its present code." },
  expired: { retryable: false, closes: null, message: "The job had not begun by the time that was set for it." },
  internal: { retryable: true, closes: null, message: "Something went wrong on our side." },
} as const satisfies Record<string, JobErrorKind>;

export type JobErrorKind = {
  retryable: boolean;
  elsewhere?: boolean;
  closes: { what: "model" | "account"; seconds: number } | null;
  message: string;
};

export type JobErrorCode = keyof typeof jobErrors;

/** Why a request was refused, and the HTTP status that says so. */
export const requestErrors = {
  invalid_json: { status: 400, title: "The body is not valid JSON" },
  invalid_input: { status: 400, title: "The request is not valid" },
  unknown_type: { status: 400, title: "There is no such job type" },
  unauthorized: { status: 401, title: "A valid key is needed" },
  forbidden: { status: 403, title: "This is not permitted" },
  not_found: { status: 404, title: "There is nothing here" },
  conflict: { status: 409, title: "The present state does not allow this" },
  gone: { status: 410, title: "This was removed by retention" },
  too_large: { status: 413, title: "The body is too large" },
  misdirected: { status: 421, title: "This host is not served here" },
  invalid_answer: { status: 422, title: "The answer does not fit what was asked for" },
  idempotency_mismatch: { status: 422, title: "This Idempotency-Key was used with another body" },
  rate_limited: { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "Something went wrong on our side" },
  unavailable: { status: 503, title: "The service cannot answer right now" },
} as const satisfies Record<string, { status: number; title: string }>;

export type RequestErrorCode = keyof typeof requestErrors;

type JobErrorOptions = { cause?: unknown; detail?: string; retryAt?: Date; providerRequestId?: string };

/**
 * Ends an attempt for a known reason. Whether the phase runs again follows from `code`.
 * `retryAt` is the earliest moment to try again, if the cause named one.
 */
export class JobError extends Error {
  override readonly name: string = "JobError";
  readonly code: JobErrorCode;
  /** Where it went wrong, if the error has a place. Shown to the consumer. */
  readonly detail: string | undefined;
  readonly retryAt: Date | undefined;
  readonly providerRequestId: string | undefined;

  constructor(code: JobErrorCode, message?: string, options: JobErrorOptions = {}) {
    super(message ?? jobErrors[code].message, { cause: options.cause });
    this.code = code;
    this.detail = options.detail;
    this.retryAt = options.retryAt;
    this.providerRequestId = options.providerRequestId;
  }

  get retryable(): boolean {
    return jobErrors[this.code].retryable;
  }
}

/** Thrown by a handler: this will never work, do not try again. The message is shown to the consumer. */
export class PermanentError extends JobError {
  override readonly name = "PermanentError";

  constructor(message: string, options: JobErrorOptions & { code?: JobErrorCode } = {}) {
    super(options.code ?? "internal", message, options);
  }

  override get retryable(): boolean {
    return false;
  }
}

/** Thrown by a handler: come back at `until`. Uses up no attempt. `why` is shown to the consumer. */
export class WaitError extends Error {
  override readonly name = "WaitError";
  readonly until: Date;
  readonly why: string;

  constructor(until: Date, why: string, options?: { cause?: unknown }) {
    super(`wait until ${until.toISOString()}: ${why}`, options);
    this.until = until;
    this.why = why;
  }
}

/** Thrown by a type's `prepare`: the input cannot be accepted. `place`: which part of it, like `/articleId`. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly place: string;

  constructor(place: string, message: string) {
    super(message);
    this.place = place;
  }
}

/**
 * Why a running attempt must stop, as the reason of its signal.
 * `cancelled`: the job is over; `lost`: another attempt has the queue job; `stopping`: the service goes down.
 */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly why: "cancelled" | "lost" | "stopping";

  constructor(why: Interruption["why"]) {
    super(`interrupted: ${why}`);
    this.why = why;
  }
}

export type InputIssue = { pointer: string; message: string };

/** Refuses a request. `detail` says what was expected and what came; `issues` point into the body. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly code: RequestErrorCode;
  readonly issues: InputIssue[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: RequestErrorCode,
    detail: string,
    options: { issues?: InputIssue[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.issues = options.issues ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return requestErrors[this.code].status;
  }
}

/** Stops a command with one clear line and exit code 1: wrong settings, no database, a taken port. */
export class StartError extends Error {
  override readonly name = "StartError";
}
