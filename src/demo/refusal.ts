/** A request that is answered with an error. */
export class Refusal extends Error {
  readonly status: number;
  readonly facts: { param?: string; code?: string };

  constructor(status: number, message: string, facts: { param?: string; code?: string } = {}) {
    super(message);
    this.status = status;
    this.facts = facts;
  }

  /** As OpenAI words it. */
  get body() {
    const { param = null, code = null } = this.facts;
    const type = this.status < 500 ? "invalid_request_error" : "server_error";
    return { error: { message: this.message, type, param, code } };
  }
}
