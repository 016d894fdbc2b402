import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import type pg from "pg";
import request from "supertest";
import { newBatchId } from "../../src/ids.ts";
import { textOf } from "../support/fuse.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
/** Runs before each statement of the service that reads jobs. */
let beforeReading: () => Promise<void> = async () => {};
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
  const watched = new Set<pg.PoolClient>();
  galley.database.pool.on("acquire", (client) => {
    if (!watched.has(client)) watch(client);
    watched.add(client);
  });
});
afterAll(() => galley.close());

function watch(client: pg.PoolClient): void {
  const send = client.query.bind(client) as (...asked: unknown[]) => unknown;
  const query = async (...asked: [pg.QueryConfig, ...unknown[]]) => {
    if (textOf(asked[0]).includes("generation_jobs")) await beforeReading();
    return await send(...asked);
  };
  Object.assign(client, { query });
}

const batchId = newBatchId();
const needleEvery = 25;

/** Place 0 is the oldest. */
const idOf = (place: number) => `job_0${place.toString(16).padStart(31, "0")}`;

async function insert(from: number, count: number): Promise<void> {
  await galley.test.query(
    `insert into generation_jobs (id, type, request_data, current_step, queue_job_id, tags, batch_id)
    select 'job_0' || lpad(to_hex(place), 31, '0'), 'relay',
      jsonb_build_object('text', case when place % ${needleEvery} = 1 then 'a needle' else 'hay' end), 'Queued',
      gen_random_uuid(), '{spring,2026}', $3
    from generate_series($1::integer, $1::integer + $2 - 1) as place`,
    [from, count, batchId],
  );
}

/** What happens to the jobs at these places. Every third one may be moved, the others fit their filter all the time. */
const changes = {
  cancel:
    "update generation_jobs set status = 'cancelled', completed_at = now(), queue_job_id = null where status = 'pending' and id = any($1)",
  resume:
    "update generation_jobs set status = 'pending', completed_at = null, queue_job_id = gen_random_uuid() where status = 'cancelled' and id = any($1)",
  remove: "delete from generation_jobs where id = any($1)",
};
const mayMove = (place: number) => place % 3 === 0;

type Change = { at: number; what: keyof typeof changes | "arrive"; place: number; count: number };

const anyChanges = fc.array(
  fc.record({
    at: fc.nat(40),
    what: fc.constantFrom<Change["what"]>("arrive", "cancel", "resume", "remove"),
    place: fc.nat(2_500),
    count: fc.integer({ min: 1, max: 300 }),
  }),
  { minLength: 1, maxLength: 8 },
);

/** All ids that a client is given, page by page, while those changes happen between any two statements. */
async function walk(query: object, total: number, limit: number, coming: readonly Change[]): Promise<string[]> {
  let [read, next] = [0, total];
  beforeReading = async () => {
    for (const { what, place, count } of coming.filter(({ at }) => at === read)) {
      if (what === "arrive") {
        await insert(next, count);
        next += count;
      } else {
        const places = Array.from({ length: count }, (_, index) => (place + index) % total);
        await galley.test.query(changes[what], [places.filter(mayMove).map(idOf)]);
      }
    }
    read++;
  };
  try {
    const ids: string[] = [];
    let pages = 0;
    for (let cursor: string | null | undefined; cursor !== null; pages++) {
      const { status, body } = await request(galley.url)
        .get("/v1/jobs")
        .query({ ...query, limit, ...(cursor && { cursor }) });
      expect(status).toBe(200);
      ids.push(...body.data.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor;
    }
    expect(read).toBeGreaterThanOrEqual(pages);
    return ids;
  } finally {
    beforeReading = async () => {};
  }
}

// A text is searched in 2,000 jobs a page, and a tag that more than 2,000 jobs have is looked for in another way.
test.each<[name: string, query: object, total: number, limit: number]>([
  ["nothing", {}, 300, 20],
  ["status", { status: "pending" }, 300, 20],
  ["type", { type: "relay" }, 300, 20],
  ["batchId", { batchId }, 300, 20],
  ["tag", { tag: "spring" }, 2_010, 100],
  ["q", { q: "needle" }, 2_600, 100],
  ["q and status", { q: "needle", status: "pending" }, 2_600, 100],
  ["all of them", { q: "needle", status: "pending", type: "relay", tag: "spring", batchId }, 2_100, 100],
])(
  "by %s, no job that fits all the time is skipped or repeated while jobs arrive, change and go",
  async (_name, query, total, limit) => {
    const fits = (place: number) => !("q" in query) || place % needleEvery === 1;
    const stable = Array.from({ length: total }, (_, place) => place)
      .filter((place) => fits(place) && !mayMove(place))
      .map(idOf)
      .toReversed();
    await fc.assert(
      fc.asyncProperty(anyChanges, async (coming) => {
        await galley.test.query("truncate generation_jobs cascade");
        await insert(0, total);
        const ids = await walk(query, total, limit, coming);
        expect(new Set(ids).size).toBe(ids.length);
        const known = new Set(ids);
        expect(stable.filter((id) => !known.has(id))).toEqual([]);
        expect(ids).toEqual(ids.toSorted().toReversed());
      }),
      { numRuns: 12, seed: 20_261_126 },
    );
  },
  60_000,
);
