import { z } from "zod";
import { route } from "../../route.ts";
import { Topic } from "../../schemas/content/topic.ts";

export const createTopic = route({
  id: "createTopic",
  method: "post",
  path: "/v1/topics",
  tag: "topics",
  summary: "Write down what is to be written; a job may name it as topicId",
  body: z.strictObject({
    title: z.string().trim().min(3).max(200),
    keywords: z.array(z.string().trim().min(1).max(100)).max(20).default([]),
    template: z.string().min(1).max(100).optional(),
    searchVolume: z.int().min(0).max(2_147_483_647).optional(),
  }),
  answers: { 201: { description: "The topic", schema: Topic, headers: ["Location"] } },
  problems: [],
});

export const listTopics = route({
  id: "listTopics",
  method: "get",
  path: "/v1/topics",
  tag: "topics",
  summary: "List topics, newest first",
  query: z.strictObject({
    status: Topic.shape.status.optional(),
    limit: z.coerce.number().int().min(1).max(100).default(20),
    cursor: z.uuid("expected a cursor that a page before gave").optional(),
  }),
  answers: {
    200: { description: "A page", schema: z.object({ data: z.array(Topic), nextCursor: z.string().nullable() }) },
  },
  problems: [],
});

export const getTopic = route({
  id: "getTopic",
  method: "get",
  path: "/v1/topics/{id}",
  tag: "topics",
  summary: "Read a topic",
  params: z.object({ id: z.string().meta({ description: "The id of a topic" }) }),
  answers: { 200: { description: "The topic", schema: Topic } },
  problems: ["not_found"],
});
