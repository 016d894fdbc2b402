import { Router } from "express";
import type { JobAnswer } from "../../generation/requests/answers/answers.ts";
import type { Service } from "../../generation/requests/service.ts";
import { reply, serve } from "../api/serve.ts";
import { giveAnswer, listAnswers } from "../api/specs/answers.ts";
import { timeOf, viewJob } from "../views.ts";

/** What phases ask a person for. */
export function answerRoutes(service: Pick<Service, "listAnswers" | "answer">): Router {
  const router = Router();

  serve(router, listAnswers, async ({ params, tenant }) => {
    const answers = await service.listAnswers(tenant, params.id);
    return reply(200, { data: answers.map(viewAnswer) });
  });

  serve(router, giveAnswer, async ({ params: { id, name }, body, tenant }) =>
    reply(200, viewJob(await service.answer(tenant, id, { name, answer: body }))),
  );

  return router;
}

const viewAnswer = ({ answer, until, askedAt, answeredAt, ...about }: JobAnswer) => ({
  ...about,
  answer: answer as Record<string, unknown> | null,
  until: until.toISOString(),
  askedAt: askedAt.toISOString(),
  answeredAt: timeOf(answeredAt),
});
