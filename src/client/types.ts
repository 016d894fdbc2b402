import type { z } from "zod";
import type { jobTypes } from "../../jobs/index.ts";
import type { JobType } from "../author/define.ts";
import type { Routes } from "../http/api/routes.ts";
import type { Event as EventSchema } from "../http/api/schemas/event.ts";
import type { Job as JobSchema } from "../http/api/schemas/job.ts";
import type { Problem as ProblemSchema } from "../http/api/schemas/problem.ts";

export type Job = z.output<typeof JobSchema>;
export type Event = z.output<typeof EventSchema>;
export type Problem = z.output<typeof ProblemSchema>;

export type RouteId = Routes["id"];

/** Each route's method and path. */
export type Addresses = { [One in Routes as One["id"]]: `${One["method"]} ${One["path"]}` };

// What a schema coerces it takes as `unknown`: of that, a client sends what comes out.
type Sendable<Input, Output> = {
  [Name in keyof Input]: unknown extends Input[Name] ? Output[Name & keyof Output] : Input[Name];
};

type Sent<Part, Schema extends z.ZodType> = Part extends "body"
  ? z.input<Schema>
  : Sendable<z.input<Schema>, z.output<Schema>>;

type PartOf<One, Part extends string> =
  One extends Record<Part, infer Schema extends z.ZodType>
    ? Record<never, never> extends z.input<Schema>
      ? { [Name in Part]?: Sent<Part, Schema> }
      : { [Name in Part]: Sent<Part, Schema> }
    : { [Name in Part]?: never };

type AllGiven = {
  [One in Routes as One["id"]]: PartOf<One, "params"> &
    PartOf<One, "query"> &
    PartOf<One, "headers"> &
    PartOf<One, "body">;
};

/** The job types of this repository: an import of types alone, of which nothing is left when the client runs. */
export type OwnTypes = typeof jobTypes;

type Submissions<Body, Types extends readonly JobType[]> = Body &
  {
    [One in Types[number] as One["type"]]: { type: One["type"]; input: z.input<One["input"]> };
  }[Types[number]["type"]];

/** What the types are called, and the input of one. */
export type TypeName<Types extends readonly JobType[]> = Types[number]["type"];
export type InputOf<Types extends readonly JobType[], Name extends TypeName<Types>> = {
  [One in Types[number] as One["type"]]: z.input<One["input"]>;
}[Name];

/** What a submission may say beside its type and its input. */
export type SubmitOptions = Omit<Given<"submitJob">["body"], "type" | "input">;

/** What is to be run on a cron: the input is that of its type. */
export type ScheduleRequest<Types extends readonly JobType[]> = Submissions<Given<"createSchedule">["body"], Types>;

type BatchBody = Given<"submitBatch">["body"];
/** Jobs to submit together. */
export type BatchSubmission<Types extends readonly JobType[]> = BatchBody & {
  jobs: Submissions<BatchBody["jobs"][number], Types>[];
};

/** What a route is sent: its `params`, `query`, `headers` and `body`, those that it has. */
export type Given<Id extends RouteId> = AllGiven[Id];

type BodyOf<One> = One extends { schema: infer Schema extends z.ZodType } ? z.output<Schema> : undefined;

type AnswersOf<Answers> = {
  [Status in Exclude<keyof Answers & number, 503>]: {
    status: Status;
    headers: Headers;
    body: BodyOf<Answers[Status]>;
  };
}[Exclude<keyof Answers & number, 503>];

type AllAnswers = { [One in Routes as One["id"]]: AnswersOf<One["answers"]> };

/** What a route answers, by status. All else is thrown, as a `GalleyError`. */
export type Answer<Id extends RouteId> = AllAnswers[Id];

/** The body of a route's answer. */
export type Body<Id extends RouteId> = Exclude<Answer<Id>["body"], undefined>;
