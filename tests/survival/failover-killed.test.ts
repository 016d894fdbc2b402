import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { article } from "../../jobs/article/index.ts";
import { type DemoModel, startDemoModel } from "../../src/demo/server.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { findViolations } from "../support/invariants.ts";
import { type Run, run } from "../support/process.ts";

const kills = 3;

let database: TestDatabase;
let demo: DemoModel;
let desk: TestGalley;
const workers: Run[] = [];
beforeEach(async () => {
  database = await createTestDatabase();
  demo = await startDemoModel({ delayMsPerChunk: 5 });
  desk = await startTestGalley({ jobTypes: [article], test: database, env: { ROLES: "api" } });
});
afterEach(async () => {
  await stopWorkers();
  await desk.close();
  await demo.close();
  await database.drop();
});

function startWorker(models: object[]): Run {
  const env = { DATABASE_URL: database.url, ROLES: "worker", MODELS: JSON.stringify(models) };
  const worker = run("src/main.ts", [], env);
  workers.push(worker);
  return worker;
}

async function stopWorkers(): Promise<void> {
  for (const { child, exit } of workers.splice(0)) {
    child.kill("SIGKILL");
    await exit;
  }
}

async function submit(): Promise<string> {
  const input = { topic: { title: "How to keep a sourdough starter" }, targetWordCount: 300 };
  return (await desk.service.submit("local", { type: "article", input })).job.id;
}
const articleOf = async (id: string) =>
  (await database.query("select title, content, word_count, seo_score from articles where job_id = $1", [id]))
    .rows[0];

test("workers that are killed while models stand in for each other end in the same article, and nothing is paid twice", async () => {
  const second = { provider: "second", model: "demo-1", baseUrl: demo.baseURL };
  // Each second answer breaks off in the middle.
  const first = { ...second, provider: "first", model: "demo-1:cut/2" };
  const id = await submit();
  const inTheMiddle =
    "select from provider_calls where state = 'started' and provider = 'second' and started_at > $1";
  for (let killed = 0; killed < kills; killed++) {
    const { rows } = await database.query("select now()");
    const worker = startWorker([first, second]);
    await eventually(
      () => database.query(inTheMiddle, [rows[0].now]),
      ({ rowCount }) => rowCount !== 0,
    );
    worker.child.kill("SIGKILL");
    await worker.exit;
  }
  startWorker([first, second]);
  const done = await whenFinished(desk, id, 60);
  expect(done).toMatchObject({ status: "completed", attempts: 1, lostAttempts: 0 });
  expect(await findViolations(database.query, article, id)).toEqual([]);
  const { rows } = await database.query(
    `select count(*) filter (where state = 'succeeded' and provider = 'second')::integer as second,
       count(*) filter (where error_code = 'network' and provider = 'first')::integer as broken,
       count(*) filter (where error_code = 'worker_lost')::integer as lost
     from provider_calls where job_id = $1`,
    [id],
  );
  expect(rows[0].second).toBeGreaterThan(0);
  expect(rows[0].broken).toBeGreaterThan(0);
  expect(rows[0].lost).toBeGreaterThanOrEqual(kills);

  await stopWorkers();
  startWorker([second]);
  const own = await submit();
  await whenFinished(desk, own, 60);
  expect(await articleOf(id)).toEqual(await articleOf(own));
}, 120_000);
