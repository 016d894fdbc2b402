import { EventSourceParserStream } from "eventsource-parser/stream";
import type { TestDatabase } from "./database.ts";

/** An event as a stream sent it. `data`: the text, as it came. */
export type Sent = { id: number; type: string; data: string };

type Options = { after?: number; lastEventId?: number; signal?: AbortSignal; onComment?: (text: string) => void };

/** Asks for a job's events as a stream. */
export async function openStream(
  url: string,
  jobId: string,
  { after, lastEventId, signal }: Options = {},
): Promise<Response> {
  const address = new URL(`/v1/jobs/${jobId}/events`, url);
  if (after !== undefined) address.searchParams.set("after", String(after));
  return await fetch(address, {
    headers: {
      Accept: "text/event-stream",
      ...(lastEventId === undefined ? {} : { "Last-Event-ID": String(lastEventId) }),
    },
    signal: signal ?? null,
  });
}

/** The events that a stream sends, until it ends. Throws when its line breaks. */
export async function* eventsOf(
  response: Response,
  options: Pick<Options, "onComment"> = {},
): AsyncGenerator<Sent> {
  if (!response.body) return;
  const events = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream(options));
  for await (const { id, event, data } of events) yield { id: Number(id), type: event ?? "", data };
}

/** All that a stream sends from its beginning to its end. */
export async function readStream(url: string, jobId: string, options: Options = {}): Promise<Sent[]> {
  return await Array.fromAsync(eventsOf(await openStream(url, jobId, options), options));
}

/** What a stream has to send of a job, by what the database has. */
export async function eventsInDatabase(
  test: Pick<TestDatabase, "query">,
  jobId: string,
  url: string,
): Promise<Sent[]> {
  const { rows } = await test.query<{ id: number; at: Date; type: string; data: object }>(
    "select id, at, type, data from generation_job_events where job_id = $1 order by id",
    [jobId],
  );
  const { input, ...job } = (await (await fetch(`${url}/v1/jobs/${jobId}`)).json()) as Record<string, unknown>;
  return rows.map(({ id, at, type, data }) => {
    // The last event of a job that has completed tells the job.
    const told = type === "completed" ? job : data;
    return { id, type, data: JSON.stringify({ id, jobId, at: at.toISOString(), type, data: told }) };
  });
}
