import { Router } from "express";
import { createTopic, findTopic, listTopics, type TopicRow } from "../../../content/topics.ts";
import type { Db } from "../../../db/client.ts";
import { reply, serve } from "../../api/serve.ts";
import * as specs from "../../api/specs/content/topics.ts";
import { timeOf } from "../../views.ts";

/** Write down, list and read topics. */
export function topicRoutes(db: Db): Router {
  const router = Router();

  serve(router, specs.createTopic, async ({ body, tenant }) => {
    const topic = await createTopic(db, tenant, body);
    return reply(201, viewTopic(topic), { Location: `/v1/topics/${topic.id}` });
  });

  serve(router, specs.listTopics, async ({ query: { cursor, ...filter }, tenant }) => {
    const { topics, before } = await listTopics(db, tenant, { ...filter, before: cursor });
    return reply(200, { data: topics.map(viewTopic), nextCursor: before });
  });

  serve(router, specs.getTopic, async ({ params, tenant }) =>
    reply(200, viewTopic(await findTopic(db, tenant, params.id))),
  );

  return router;
}

const viewTopic = ({ id, topicTitle, keywords, contentTemplate, searchVolume, status, ...times }: TopicRow) => ({
  id,
  title: topicTitle,
  keywords,
  template: contentTemplate,
  searchVolume,
  status,
  createdAt: times.createdAt.toISOString(),
  usedAt: timeOf(times.usedAt),
});
