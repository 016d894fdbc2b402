import { createClient } from "galley/client";

const galley = createClient({ baseUrl: "" });

export async function fits(): Promise<string | null> {
  const job = await galley.submit({ type: "article", input: {} }, { idempotencyKey: "once" });
  const answer = await galley.request("getJob", { params: { id: job.id }, headers: { "if-none-match": "x" } });
  const page = await galley.list({ limit: 5, status: "failed" });
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
  await galley.submit({ input: {} });
  // @ts-expect-error: nothing unknown is sent
  await galley.submit({ type: "article", input: {}, colour: "red" });
  // @ts-expect-error: a number is wanted
  await galley.list({ limit: "many" });
  // @ts-expect-error: an answer has no such field
  (await galley.get("job_1")).colour;
  // @ts-expect-error: 304 has no body
  (await galley.request("getJob", { params: { id: "job_1" } })).body.status;
}
