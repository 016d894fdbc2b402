import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Client, createClient } from "galley/client";
import { expectAccessible, openTab } from "../support/browser.ts";
import { type Bench, startBench } from "../support/pages.ts";
import { hopeless, type note } from "../support/story.ts";

let bench: Bench;
let client: Client<[typeof note]>;
beforeAll(async () => {
  bench = await startBench();
  client = createClient<[typeof note]>({ baseUrl: bench.galley.url });
});
afterAll(() => bench?.close());

const run = async (title: string) => await client.wait((await client.submit("note", { title, chapters: 1 })).id);

test("what failed alike is seen together, and resumed together", async () => {
  await Promise.all([run("Rye"), run("Spelt"), run("Oat"), run(hopeless), run(hopeless)]);
  const { page, problems } = await openTab(bench.browser, `${bench.galley.url}/statistics?window=1h`);
  const figure = (name: string) => page.locator(".figure").filter({ hasText: name });
  await figure("Jobs submitted").getByText("5", { exact: true }).waitFor();
  await figure("Success").getByText("3 completed, 2 failed").waitFor();
  await page.getByRole("img", { name: "5 jobs ended in this time" }).waitFor();
  await page.getByRole("row", { name: /^Noting/ }).waitFor();
  await page.getByRole("row", { name: /^demo-1/ }).waitFor();
  const costs = page.getByRole("region", { name: "Cost over time" });
  await costs.getByRole("img", { name: "By model, at most $" }).waitFor();
  await costs.getByRole("link", { name: "By type" }).click();
  await costs.getByRole("img", { name: "By type, at most $" }).waitFor();
  expect(new URL(page.url()).searchParams.get("by")).toBe("type");
  await costs.getByText("As a table").click();
  const [all] = (await client.request("getStatistics", { query: { window: "1h" } })).body.models;
  const cells = await costs.getByRole("row").last().getByRole("cell").allTextContents();
  // In one minute, unless the jobs ran over its end.
  expect(cells.map((cell) => Number(cell.slice(1))).every((cost) => cost > 0 && cost <= Number(all?.cost))).toBe(
    true,
  );
  const failures = page.getByRole("region", { name: "What failed" });
  await failures.getByText("in noting, note").waitFor();
  await failures.getByRole("button", { name: "Resume all" }).click();
  await failures.getByText("2 resumed").waitFor();
  await expectAccessible(page);

  await page.getByRole("link", { name: "The last 7 days" }).click();
  await figure("Jobs submitted").getByText("5", { exact: true }).waitFor();
  expect(page.url()).toContain("window=7d");
  await failures.getByRole("link", { name: /the latest/ }).click();
  await page.getByRole("heading", { name: hopeless, level: 1 }).waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

test("resuming all that failed alike goes on behind the first thousand", async () => {
  const { galley } = bench;
  await galley.test.query(
    `insert into generation_jobs (id, tenant, type, request_data, status, phase, percentage, current_step, created_at, completed_at,
      event_count, error_code)
    select 'job_' || md5('many' || n), 'local', 'note', '{}', 'failed', 'gone', 0, '', now() - interval '10 minutes',
      now() - make_interval(secs => n / 10.0), 0, 'expired'
    from generate_series(1, 1020) as n`,
  );
  const { page, problems } = await openTab(bench.browser, `${galley.url}/statistics?window=1h`);
  const failures = page.getByRole("region", { name: "What failed" });
  await failures
    .getByRole("listitem")
    .filter({ hasText: "in gone, note" })
    .getByRole("button", { name: "Resume all" })
    .click();
  await failures.getByText(/^0 resumed, 1,020 not: The job's type or phase "gone" exists no more/).waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

test("a pause is said on every page, and by the page of the service's health", async () => {
  const { page, problems } = await openTab(bench.browser, `${bench.galley.url}/health`);
  await page.getByRole("heading", { name: "demo-1" }).waitFor();
  await client.request("createPause", { body: { reason: "A prompt is broken." } });
  await page.getByRole("heading", { name: "Everything is paused" }).waitFor();
  await page.getByRole("link", { name: "Jobs" }).click();
  await page.reload();
  await page.getByRole("alert").getByText("A prompt is broken.").waitFor();
  await page.getByRole("link", { name: "Health" }).click();
  await page.getByRole("button", { name: "End the pause" }).click();
  await page.getByRole("heading", { name: "Everything is paused" }).waitFor({ state: "detached" });
  expect((await client.request("listPauses", {})).body.data).toEqual([]);
  expect(problems).toEqual([]);
  await page.context().close();
});

test("a database that is away is said in words, and what was shown stays", async () => {
  const { page, problems } = await openTab(bench.browser, `${bench.galley.url}/?status=completed`);
  await page.getByRole("link", { name: "Rye" }).first().waitFor();
  await page.route("**/v1/jobs?**", (route) => route.fulfill({ status: 503, body: "" }));
  await page.getByRole("alert").getByText("The service does not answer").waitFor();
  await page.getByRole("link", { name: "Rye" }).first().waitFor();
  await expectAccessible(page);
  await page.unroute("**/v1/jobs?**");
  await page.getByRole("button", { name: "Ask again" }).click();
  await page.getByRole("alert").waitFor({ state: "detached" });
  expect(problems.every((problem) => problem.includes("503"))).toBe(true);
  await page.context().close();
});

test("a job that cannot be read says so under a heading, and is shown when it can", async () => {
  const { id } = await run("Barley");
  const { page, problems } = await openTab(bench.browser, `${bench.galley.url}/health`);
  await page.route("**/v1/jobs/**", (route) => route.fulfill({ status: 503, body: "" }));
  await page.goto(`${bench.galley.url}/jobs/${id}`);
  await page.getByRole("heading", { name: "This cannot be shown now", level: 1 }).waitFor();
  await expectAccessible(page);
  await page.unroute("**/v1/jobs/**");
  await page.getByRole("button", { name: "Ask again" }).click();
  await page.getByRole("heading", { name: "Barley", level: 1 }).waitFor();
  expect(problems.every((problem) => problem.includes("503"))).toBe(true);
  await page.context().close();
});

test("of many kinds of failures the most frequent are shown, and all on demand", async () => {
  await bench.galley.test.query(
    `insert into generation_jobs (id, type, request_data, status, phase, percentage, current_step, created_at, started_at,
      completed_at, event_count, error_code)
    select 'job_' || md5(n::text), 'note', '{}', 'failed', 'phase_' || n, 0, '', now(), now(), now(), 1, 'internal'
    from generate_series(1, 12) as n`,
  );
  const { page, problems } = await openTab(bench.browser, `${bench.galley.url}/statistics?window=1h`);
  const failures = page.getByRole("region", { name: "What failed" });
  await failures.getByRole("listitem").nth(5).waitFor();
  expect(await failures.getByRole("listitem").count()).toBe(6);
  await failures.getByRole("button", { name: "Show all 1" }).click();
  await failures.getByText("in phase 12, note").waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

test("on a phone statistics of long times, many tokens and unknown prices fit the screen", async () => {
  const { test: database, url } = bench.galley;
  await database.query(
    `insert into generation_jobs (id, tenant, type, request_data, status, phase, percentage, current_step, created_at, started_at,
      completed_at, event_count)
    values ('job_long', 'local', 'a_type_of_a_long_name', '{}', 'completed', 'completed', 100, '', now() - interval '185 s', now() - interval '185 s', now(), 1)`,
  );
  await database.query(
    "insert into generation_phases (job_id, phase, attempts, seconds) values ('job_long', 'thinking', 3, 185)",
  );
  await database.query(
    `insert into provider_calls (id, job_id, tenant, phase, step, attempt, provider, model, state, cost, input_tokens,
      output_tokens, started_at, finished_at)
    select gen_random_uuid(), 'job_long', 'local', 'thinking', '', 1, 'models.provider.example', 'model-of-a-long-name',
      'succeeded', cost, 2152795, 2152795, now(), now()
    from (values (1212.768162), (null)) as priced (cost)`,
  );
  const { page, problems } = await openTab(bench.browser, `${url}/statistics?window=1h`, {
    width: 390,
    height: 844,
  });
  await page.getByText("$1,212.768162 and more").first().waitFor();
  await page.getByRole("row", { name: /^Thinking.* min / }).waitFor();
  await expectAccessible(page);
  expect(problems).toEqual([]);
  await page.context().close();
});
