import type { JobType } from "galley/author";
import { createClient } from "galley/client";

const input = { topic: { title: "How to choose a road bike", keywords: "road bike, beginner" } };
const galley = createClient({ baseUrl: "" });

export async function fits(): Promise<string | null> {
  const job = await galley.submit("article", input, { idempotencyKey: "once" });
  const answer = await galley.request("getJob", { params: { id: job.id }, headers: { "if-none-match": "x" } });
  const page = await galley.list({ limit: 5, status: "failed" });
  await galley.schedules.create({ type: "article", input, cron: "0 6 * * *", timeZone: "Europe/Berlin" });
  return answer.status === 200 ? answer.body.articleId : page.nextCursor;
}

export async function doesNotFit(): Promise<void> {
  // @ts-expect-error: there is no such route
  await galley.request("getJobs", {});
  // @ts-expect-error: the id is missing
  await galley.request("getJob", {});
  // @ts-expect-error: a route without a body takes none
  await galley.request("getJob", { params: { id: "job_1" }, body: {} });
  // @ts-expect-error: the type is missing
  await galley.submit(input);
  // @ts-expect-error: nothing unknown is sent
  await galley.submit("article", input, { colour: "red" });
  // @ts-expect-error: there is no such type
  await galley.submit("poem", input);
  // @ts-expect-error: an article has a topic
  await galley.submit("article", {});
  // @ts-expect-error: what is scheduled is checked as what is submitted
  await galley.schedules.create({ type: "article", input: {}, cron: "0 6 * * *" });
  // @ts-expect-error: a schedule has a cron
  await galley.schedules.create({ type: "article", input });
  // @ts-expect-error: a title is a text
  await galley.submit("article", { topic: { title: 7 } });
  // @ts-expect-error: the input has no such field
  await galley.submit("article", { ...input, colour: "red" });
  // @ts-expect-error: the jobs of a batch are checked alike
  await galley.batches.submit({ jobs: [{ type: "article", input: {} }] });
  // @ts-expect-error: a number is wanted
  await galley.list({ limit: "many" });
  // @ts-expect-error: an answer has no such field
  (await galley.get("job_1")).colour;
  // @ts-expect-error: 304 has no body
  (await galley.request("getJob", { params: { id: "job_1" } })).body.status;
}

/** A service with other types than those of this repository. */
export async function anyType(): Promise<void> {
  await createClient<JobType[]>({ baseUrl: "" }).submit("poem", { lines: 14 });
}
