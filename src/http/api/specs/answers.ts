import { z } from "zod";
import { route } from "../route.ts";
import { JobAnswer } from "../schemas/answer.ts";
import { Job } from "../schemas/job.ts";

const id = z.string().meta({ description: "The id of a job" });

export const listAnswers = route({
  id: "listAnswers",
  method: "get",
  path: "/v1/jobs/{id}/answers",
  tag: "jobs",
  summary: "Read what a job asks a person for",
  description:
    "A job with `waitingFor: answer` goes on when what is open here has been given, or its time is over.",
  params: z.object({ id }),
  answers: { 200: { description: "In the order of asking", schema: z.object({ data: z.array(JobAnswer) }) } },
  problems: ["not_found", "gone"],
});

export const giveAnswer = route({
  id: "giveAnswer",
  method: "post",
  path: "/v1/jobs/{id}/answers/{name}",
  tag: "jobs",
  summary: "Give an answer that a job waits for",
  description: "The body is the answer itself, as its `schema` says. The same answer again changes nothing.",
  params: z.object({ id, name: z.string() }),
  body: z.record(z.string(), z.unknown()).meta({ description: "The answer" }),
  answers: { 200: { description: "The job", schema: Job } },
  problems: ["not_found", "gone", "conflict", "invalid_answer"],
});
