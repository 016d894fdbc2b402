import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A span as OTLP has it, its attributes and those of its service as plain objects. */
export type SpanSeen = {
  name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  traceId: string;
  spanId: string;
  /** Undefined for the first of a trace. */
  parentSpanId?: string;
  attributes: Record<string, unknown>;
  links: { traceId: string; spanId: string }[];
  /** 2: it failed. */
  status: { code?: number };
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  service: Record<string, unknown>;
};

type Attribute = { key: string; value: Record<string, unknown> };
type Json = {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: { spans: (Omit<SpanSeen, "attributes" | "service"> & { attributes: Attribute[] })[] }[];
  }[];
};

export type Collector = {
  url: string;
  spans: SpanSeen[];
  /** The bodies of requests that were no JSON, and the headers of all. */
  binary: Buffer[];
  headers: Record<string, string | string[] | undefined>[];
  /** The only span of this name. Throws if there is none, or another. */
  span(name: string): SpanSeen;
  close(): Promise<void>;
};

/** An OpenTelemetry collector: takes what is sent to it by OTLP over HTTP, and keeps it. */
export async function startCollector(): Promise<Collector> {
  const spans: SpanSeen[] = [];
  const binary: Buffer[] = [];
  const headers: Collector["headers"] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    headers.push(request.headers);
    const isJson = request.headers["content-type"] === "application/json";
    if (request.url === "/v1/traces" && isJson) spans.push(...spansIn(JSON.parse(body.toString())));
    else binary.push(body);
    response.writeHead(200, { "content-type": request.headers["content-type"] }).end(isJson ? "{}" : "");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    binary,
    headers,
    span(name) {
      const [found, ...others] = spans.filter((span) => span.name === name);
      if (found && others.length === 0) return found;
      throw new Error(`Expected one span "${name}" of: ${spans.map((span) => span.name).join(", ")}.`);
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

const spansIn = ({ resourceSpans }: Json): SpanSeen[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({ ...span, attributes: plain(span.attributes), service: plain(resource.attributes) })),
  );

const plain = (attributes: Attribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
