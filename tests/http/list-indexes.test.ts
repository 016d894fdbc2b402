import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type pg from "pg";
import request from "supertest";
import { newBatchId, newUuid } from "../../src/ids.ts";
import { textOf } from "../support/fuse.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

type Plan = {
  "Node Type": string;
  "Relation Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  "Rows Removed by Index Recheck"?: number;
  Plans?: Plan[];
};

let galley: TestGalley;
/** What the service reads jobs with. `begin`: what its transaction began with, if it has one. */
const statements: { text: string; values: unknown[]; begin: string }[] = [];
const [large, small] = [newBatchId(), newBatchId()];
const [frequent, rare] = [newUuid(), newUuid()];
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
  // Two tenants, whose jobs lie side by side. What is rare is also old.
  await galley.test.query(
    `insert into generation_jobs (id, tenant, type, request_data, current_step, status, phase, percentage, queue_job_id,
      created_at, started_at, completed_at, error_code, tags, batch_id, schedule_id)
    select 'job_0' || lpad(to_hex(n), 31, '0'), case when n % 2 = 0 then 'local' else 'other' end,
      case when n <= 20 then 'seldom' else 'relay' end, '{"text":"hay"}', '', status,
      case status when 'completed' then status else 'first' end, case status when 'completed' then 100 else 0 end, null,
      now(), now(), now(), case status when 'failed' then 'internal' end,
      case when n <= 20 then '{seldom}' when n % 20 = 0 then '{common}' else '{}' end::text[],
      case when n <= 20 then $1 when n < 4000 then case when n % 2 = 0 then $2 end
        else 'batch_' || lpad(to_hex(n / 20 * 2 + n % 2), 32, '0') end,
      case when n <= 20 then $3::uuid when n % 2 = 0 and n < 4000 then $4::uuid end
    from generate_series(1, 60000) as n, lateral (select case when n <= 20 then 'failed' else 'completed' end as status) as drawn`,
    [small, large, rare, frequent],
  );
  // 5,600 batches of ten jobs.
  await galley.test.query(
    `insert into batches (id, tenant, job_count, live) select batch_id, tenant, count(*), 0 from generation_jobs
    where id >= 'job_0' || lpad(to_hex(4000), 31, '0') group by batch_id, tenant`,
  );
  await galley.test.query("analyze generation_jobs, batches");
  const watched = new Set<pg.PoolClient>();
  galley.database.pool.on("acquire", (client) => {
    if (!watched.has(client)) record(client);
    watched.add(client);
  });
});
afterAll(() => galley.close());

function record(client: pg.PoolClient): void {
  const send = client.query.bind(client) as (...given: unknown[]) => unknown;
  let begin = "begin";
  const query = (asked: pg.QueryConfig, values?: unknown[], ...rest: unknown[]) => {
    const text = textOf(asked);
    if (/^begin/.test(text)) begin = text;
    if (/^(commit|rollback)/.test(text)) begin = "begin";
    if (text.includes("generation_jobs")) statements.push({ text, values: values ?? asked.values ?? [], begin });
    return send(asked, values, ...rest);
  };
  Object.assign(client, { query });
}

/** The scans of both tables, and how many rows each has looked at. */
function scansOf({ Plans = [], ...node }: Plan): { type: string; rows: number }[] {
  const removed = (node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Index Recheck"] ?? 0);
  const rows = (node["Actual Rows"] + removed) * node["Actual Loops"];
  const own = ["generation_jobs", "batches"].includes(node["Relation Name"] ?? "")
    ? [{ type: node["Node Type"], rows }]
    : [];
  return [...own, ...Plans.flatMap(scansOf)];
}

async function planOf({ text, values, begin }: (typeof statements)[number]): Promise<Plan> {
  await galley.test.query(begin);
  const { rows } = await galley.test.query(`explain (analyze, format json) ${text}`, values);
  await galley.test.query("rollback");
  return rows[0]["QUERY PLAN"][0].Plan;
}

// A tag has no order of its own: up to 2,001 jobs are counted, and as many again looked at for a page.
const [page, search] = [21, 4_001];
test.each<[query: object, found: number, mostRows: number]>([
  [{}, 20, page],
  [{ cursor: `job_0${"0".repeat(27)}7000` }, 20, page],
  [{ status: "completed" }, 20, page],
  [{ status: "failed" }, 10, page],
  [{ status: "processing" }, 0, page],
  [{ type: "relay" }, 20, page],
  [{ type: "seldom" }, 10, page],
  [{ type: "none" }, 0, page],
  [{ batchId: large }, 20, page],
  [{ batchId: small }, 10, 2 * page],
  [{ batchId: newBatchId() }, 0, page],
  [{ scheduleId: frequent }, 20, page],
  [{ scheduleId: rare }, 10, 2 * page],
  [{ scheduleId: newUuid() }, 0, page],
  [{ tag: "common" }, 20, search],
  [{ tag: "seldom" }, 10, search],
  [{ tag: "none" }, 0, search],
  [{ q: "hay" }, 20, page],
  [{ q: "needle" }, 0, 2_000],
  [{ q: `job_0${"0".repeat(27)}7000` }, 1, page],
])("of 60,000 jobs the filter %j reads by an index what it needs", async (query, found, mostRows) => {
  await expectIndexes("/v1/jobs", query, found, mostRows);
});

test.each([{}, { cursor: `batch_${"0".repeat(28)}0500` }])(
  "of 5,600 batches the page %j reads by an index those, and their jobs",
  async (query) => {
    await expectIndexes("/v1/batches", query, 20, page + page * 10);
  },
);

async function expectIndexes(path: string, query: object, found: number, mostRows: number): Promise<void> {
  statements.length = 0;
  const { body } = await request(galley.url).get(path).query(query);
  expect(body.data).toHaveLength(found);
  expect(statements.length).toBeGreaterThan(0);
  const scans: ReturnType<typeof scansOf> = [];
  for (const statement of statements) scans.push(...scansOf(await planOf(statement)));
  expect(scans.filter(({ type }) => !/^(Index|Bitmap)/.test(type))).toEqual([]);
  expect(scans.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(mostRows);
}
