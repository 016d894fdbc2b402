import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type ApiProcess, startApiProcess } from "../support/api-process.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createGate, eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
let worker: TestGalley;
let api: ApiProcess;
let gate: ReturnType<typeof createGate>;
const sockets: Socket[] = [];
let readers: Reader[];
beforeEach(async () => {
  database = await createTestDatabase();
  gate = createGate();
  const type = relay({ first: ({ input, signal }) => gate.pass(signal).then(() => input) });
  worker = await startTestGalley({ jobTypes: [type], test: database, env: { ROLES: "worker" } });
  api = await startApiProcess(database.url);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await api.end("SIGKILL");
  await worker.close();
  await database.drop();
});

/** Asks for a job's stream. It is read when the caller reads the socket. */
function ask(jobId: string, after = 0): Socket {
  const { hostname, port, host } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on("error", () => undefined);
  socket.write(
    `GET /v1/jobs/${jobId}/events?after=${after} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\n\r\n`,
  );
  return socket;
}

type Reader = { last: number; ended: Promise<void> };

/** Reads to the end of the stream. `last`: the number of the last event so far. */
function read(socket: Socket): Reader {
  const reader = { last: 0, ended: Promise.resolve() };
  const readOn = async () => {
    let tail = "";
    for await (const chunk of socket) {
      const text = tail + (chunk as Buffer).toString("latin1");
      for (const [, id] of text.matchAll(/\nid: (\d+)\n/g)) reader.last = Number(id);
      tail = text.slice(-20);
    }
  };
  reader.ended = readOn();
  return reader;
}

/** Writes so many times half a megabyte of a job's events, in pieces of 50 kB, at the pace of those that read. */
async function write(jobId: string, times: number): Promise<void> {
  for (let round = 0; round < times; round++) {
    const { rows } = await database.query<{ last: number }>(
      `with counted as (
        update generation_jobs set event_count = event_count + 10 where id = $1 returning event_count - 10 as last
      ), written as (
        insert into generation_job_events (job_id, id, type, data)
        select $1, last + number, 'text', jsonb_build_object('delta', (
          select string_agg(md5((last * 100 + number)::text || piece), '') from generate_series(1, 1600) as piece
        )) from counted, generate_series(1, 10) as number
      )
      select last from counted`,
      [jobId],
    );
    // As a process does that hears nothing else of what has happened.
    await database.query("select pg_notify('galley:public', '')");
    await eventually(
      () => Math.min(...readers.map(({ last }) => last)),
      (last) => last >= (rows[0]?.last ?? 0),
    );
  }
}

const rssMiB = async () =>
  Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${api.pid}/status`, "utf8"))?.[1]) / 1024;

const onLinux = process.platform === "linux" ? test : test.skip;

onLinux(
  "of 100 readers 20 never read: the others have all of it, and the process does not grow",
  async () => {
    const { id } = (await worker.service.submit("local", { type: "relay", input: { text: "go" } })).job;
    await gate.reached;
    readers = Array.from({ length: 80 }, () => read(ask(id)));
    // The heap is then as large as what goes through it makes it.
    await write(id, 40);
    const before = await rssMiB();
    // Each at a place of its own: what several readers are sent at once is there only once.
    for (let slow = 0; slow < 20; slow++) ask(id, slow).pause();
    await write(id, 15);
    const after = await rssMiB();
    gate.open();
    await Promise.all(readers.map(({ ended }) => ended));

    const { rows } = await database.query("select event_count as last from generation_jobs where id = $1", [id]);
    expect(rows[0].last).toBeGreaterThan(500);
    expect(readers.map(({ last }) => last)).toEqual(readers.map(() => rows[0].last));
    expect(after - before).toBeLessThan(180);
  },
  120_000,
);
