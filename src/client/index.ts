import type { JobType } from "../author/define.ts";
import { type EventOptions, followEvents } from "./events.ts";
import { type ClientOptions, createSend, readAnswer, readText, type Signalled } from "./request.ts";
import type {
  Answer,
  BatchSubmission,
  Body,
  Event,
  Given,
  InputOf,
  Job,
  OwnTypes,
  RouteId,
  ScheduleRequest,
  SubmitOptions,
  TypeName,
} from "./types.ts";
import { type WaitOptions, waitForEnd } from "./wait.ts";

export { GalleyError } from "./error.ts";
export type {
  Answer,
  BatchSubmission,
  Body,
  Event,
  Given,
  Job,
  Problem,
  RouteId,
  ScheduleRequest,
  SubmitOptions,
} from "./types.ts";
export type { ClientOptions, EventOptions, WaitOptions };

export type Client<Types extends readonly JobType[] = OwnTypes> = ReturnType<typeof createClient<Types>>;

type Once = Signalled & {
  /** Sent again with a repeated request, it makes nothing twice. */
  idempotencyKey?: string | undefined;
};

/**
 * A client of a Galley, in browsers and in Node. Every method throws GalleyError for a refusal.
 *
 * ```ts
 * const galley = createClient({ baseUrl: "http://localhost:3000" });
 * const { id } = await galley.submit("article", { topic: { title: "How to choose a road bike" } });
 * for await (const { type, data } of galley.events(id)) console.log(type, data);
 * ```
 *
 * What is submitted is checked against the job types of `jobs/index.ts`, or against those that are named:
 * `createClient<[typeof recipe]>`. `createClient<JobType[]>` takes any.
 */
export function createClient<Types extends readonly JobType[] = OwnTypes>(options: ClientOptions) {
  const { patienceSeconds = 300 } = options;
  const send = createSend(options);

  /** Sends a request to any route of the API: its parts, and its answers by status, are those of the table. */
  async function request<Id extends RouteId>(routeId: Id, given: Given<Id> & Signalled): Promise<Answer<Id>> {
    return await readAnswer<Id>(await send(routeId, given), given);
  }
  const bodyOf = async <Id extends RouteId>(routeId: Id, given: Given<Id> & Signalled): Promise<Body<Id>> =>
    (await request(routeId, given)).body as Body<Id>;
  const once = ({ idempotencyKey, signal }: Once) => ({ headers: { "idempotency-key": idempotencyKey }, signal });

  return {
    request,
    submit: <Name extends TypeName<Types>>(
      type: Name,
      input: InputOf<Types, Name>,
      { idempotencyKey, signal, ...options }: SubmitOptions & Once = {},
    ): Promise<Job> =>
      bodyOf("submitJob", { body: { ...options, type, input }, ...once({ idempotencyKey, signal }) }),
    get: (id: string, { signal }: Signalled = {}): Promise<Job> => bodyOf("getJob", { params: { id }, signal }),
    list: (query: Given<"listJobs">["query"] = {}, { signal }: Signalled = {}) =>
      bodyOf("listJobs", { query, signal }),
    /** Waits until a job is finished, however it ends, and through restarts of the service. */
    wait: (id: string, options: WaitOptions = {}): Promise<Job> => waitForEnd(send, id, options, patienceSeconds),
    /** What has happened to a job and what happens, to its end, through broken lines and restarts of the service. */
    events: (id: string, options: EventOptions = {}): AsyncGenerator<Event, void, undefined> =>
      followEvents(send, id, options, patienceSeconds),
    cancel: (id: string, { signal }: Signalled = {}): Promise<Job> =>
      bodyOf("cancelJob", { params: { id }, signal }),
    resume: (
      id: string,
      body: NonNullable<Given<"resumeJob">["body"]> = {},
      { signal }: Signalled = {},
    ): Promise<Job> => bodyOf("resumeJob", { params: { id }, body, signal }),
    /** Resumes the jobs that failed with one code, up to 1,000 at once. */
    resumeFailed: (body: Given<"resumeFailedJobs">["body"], { signal }: Signalled = {}) =>
      bodyOf("resumeFailedJobs", { body, signal }),
    fork: (id: string, body: Given<"forkJob">["body"], options: Once = {}): Promise<Job> =>
      bodyOf("forkJob", { params: { id }, body, ...once(options) }),
    batches: {
      submit: (body: BatchSubmission<Types>, options: Once = {}) =>
        bodyOf("submitBatch", { body, ...once(options) }),
      list: (query: Given<"listBatches">["query"] = {}, { signal }: Signalled = {}) =>
        bodyOf("listBatches", { query, signal }),
      get: (id: string, { signal }: Signalled = {}) => bodyOf("getBatch", { params: { id }, signal }),
      cancel: (id: string, { signal }: Signalled = {}) => bodyOf("cancelBatch", { params: { id }, signal }),
    },
    schedules: {
      create: (body: ScheduleRequest<Types>, { signal }: Signalled = {}) =>
        bodyOf("createSchedule", { body, signal }),
      list: ({ signal }: Signalled = {}) => bodyOf("listSchedules", { signal }),
      get: (id: string, { signal }: Signalled = {}) => bodyOf("getSchedule", { params: { id }, signal }),
      /** Changes, pauses or resumes it. */
      change: (id: string, body: NonNullable<Given<"changeSchedule">["body"]>, { signal }: Signalled = {}) =>
        bodyOf("changeSchedule", { params: { id }, body, signal }),
      /** Its jobs stay. */
      delete: async (id: string, { signal }: Signalled = {}): Promise<void> => {
        await request("deleteSchedule", { params: { id }, signal });
      },
      /** When it comes next. */
      next: (id: string, query: Given<"previewSchedule">["query"] = {}, { signal }: Signalled = {}) =>
        bodyOf("previewSchedule", { params: { id }, query, signal }),
    },
    topics: {
      create: (body: Given<"createTopic">["body"], { signal }: Signalled = {}) =>
        bodyOf("createTopic", { body, signal }),
      list: (query: Given<"listTopics">["query"] = {}, { signal }: Signalled = {}) =>
        bodyOf("listTopics", { query, signal }),
      get: (id: string, { signal }: Signalled = {}) => bodyOf("getTopic", { params: { id }, signal }),
    },
    webhooks: {
      /** The secret that signs what is sent there stands in this answer alone. */
      create: (body: Given<"createWebhook">["body"], { signal }: Signalled = {}) =>
        bodyOf("createWebhook", { body, signal }),
      list: ({ signal }: Signalled = {}) => bodyOf("listWebhooks", { signal }),
      delete: async (id: string, { signal }: Signalled = {}): Promise<void> => {
        await request("deleteWebhook", { params: { id }, signal });
      },
    },
    articles: {
      get: (id: string, { signal }: Signalled = {}) => bodyOf("getArticle", { params: { id }, signal }),
      /** With its title as the first heading. */
      markdown: async (id: string, { signal }: Signalled = {}): Promise<string> =>
        await readText(await send("getArticle", { params: { id }, signal }, "text/markdown"), { signal }),
      /** As `markdown`, but HTML: without scripts and styles, and with https addresses only. */
      html: async (id: string, { signal }: Signalled = {}): Promise<string> =>
        await readText(await send("getArticle", { params: { id }, signal }, "text/html"), { signal }),
    },
    types: {
      list: ({ signal }: Signalled = {}) => bodyOf("listTypes", { signal }),
      get: (type: string, { signal }: Signalled = {}) => bodyOf("getType", { params: { type }, signal }),
    },
  };
}
