import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createAnswer } from "./answer.ts";
import { createBucket } from "./cost.ts";
import type { ShopFault } from "./fault.ts";
import { createStore, type ShopArticle } from "./store.ts";

export type DemoShopOptions = {
  /** Default 0: any free one. */
  port?: number;
  /** Numbers of the blogs that there are. Default: 1. */
  blogs?: readonly string[];
  /** How long the search does not know a new article. Default 1,000. */
  lagMilliseconds?: number;
  /** How late a `slow` answer is. Default 5,000. */
  slowMilliseconds?: number;
  /** Points a second that requests may cost, and twenty times as many at once. A mutation costs 10. Default 100. */
  restoreRate?: number;
  /** What goes wrong with a request. Awaited before it is answered. */
  onRequest?: (request: ShopRequest) => Promise<ShopFault | undefined> | ShopFault | undefined;
};

/** `operation`: `token` for the grant, else the name of the GraphQL operation. */
export type ShopRequest = { operation: string; token: string | null; variables: Record<string, unknown> };

/** A shop at Shopify, as far as publishing knows it. */
export type DemoShop = {
  /** `http://127.0.0.1:4020`, for SHOPIFY_ORIGIN. */
  origin: string;
  articles(): ShopArticle[];
  /** Takes an article out, as a person does in the shop. */
  remove(id: string): void;
  /** The latest 10,000, the oldest first. */
  requests(): ShopRequest[];
  close(): Promise<void>;
};

/** What is answered, or how the line is cut in its place. */
type Reply = { status: number; body: object | string; headers?: Record<string, string> } | "reset" | "drop";

const mostRequests = 10_000;
const mostBodyBytes = 4 * 1024 * 1024;
const tokenSeconds = 86_399;

/**
 * Starts a shop in memory that speaks the part of Shopify's Admin API that publishing uses, with its schema, costs and
 * lagging search. It takes any credentials; `401` refuses a token from then on.
 */
export async function startDemoShop(options: DemoShopOptions = {}): Promise<DemoShop> {
  const { port = 0, blogs = ["1"], lagMilliseconds = 1_000, slowMilliseconds = 5_000, restoreRate = 100 } = options;
  const store = createStore({ blogs, lagMilliseconds });
  const bucket = createBucket(20 * restoreRate, restoreRate);
  const graphql = await createAnswer(store);
  const log: ShopRequest[] = [];
  const revoked = new Set<string>();
  const closing = new AbortController();
  let granted = 0;

  async function answer(request: IncomingMessage): Promise<Reply> {
    const { method, url = "" } = request;
    if (method === "GET" && url === "/") return { status: 200, body: { articles: store.articles() } };
    const isGrant = method === "POST" && url === "/admin/oauth/access_token";
    if (!isGrant && !(method === "POST" && url === "/admin/api/2026-10/graphql.json"))
      return { status: 404, body: { errors: "Not Found" } };
    const text = await read(request);
    const { query = "", variables = {} } = isGrant ? {} : JSON.parse(text);
    const operation = isGrant ? "token" : (/(?:query|mutation)\s+(\w+)/.exec(query)?.[1] ?? "");
    const token = request.headers["x-shopify-access-token"]?.toString() ?? null;
    const asked: ShopRequest = { operation, token, variables };
    log.push(asked);
    if (log.length > mostRequests) log.shift();
    const fault = await options.onRequest?.(asked);
    if (fault === "reset") return "reset";
    if (fault === "502") return { status: 502, body: "<html>Bad Gateway</html>" };
    if (fault === "429")
      return { status: 429, body: { errors: "Exceeded rate limit." }, headers: { "retry-after": "2.0" } };
    if (isGrant) return fault === "401" ? { status: 401, body: { error: "invalid_client" } } : grant(text);
    if (fault === "401" && token) revoked.add(token);
    if (!token || revoked.has(token)) return { status: 401, body: { errors: unknownToken } };
    const reply = await execute(query, variables, fault === "throttled");
    if (fault === "slow") await delay(slowMilliseconds, null, { signal: closing.signal }).catch(() => undefined);
    return fault === "drop" ? "drop" : reply;
  }

  async function execute(query: string, variables: Record<string, unknown>, isThrottled: boolean): Promise<Reply> {
    const requestedQueryCost = /^\s*mutation/.test(query) ? 10 : 4;
    if (isThrottled) bucket.empty();
    const { isEnough, throttleStatus } = bucket.take(requestedQueryCost);
    const cost = { requestedQueryCost, actualQueryCost: isEnough ? requestedQueryCost : null, throttleStatus };
    const result = isEnough ? await graphql(query, variables) : { errors: [throttled] };
    return { status: 200, body: { ...result, extensions: { cost } } };
  }

  function grant(form: string): Reply {
    const given = new URLSearchParams(form);
    const isWhole =
      given.get("grant_type") === "client_credentials" && given.get("client_id") && given.get("client_secret");
    if (!isWhole) return { status: 400, body: { error: "invalid_request" } };
    const body = { access_token: `shpat_sim_${++granted}`, scope: "write_content", expires_in: tokenSeconds };
    return { status: 200, body };
  }

  const server = createServer(async (request, response) => {
    const reply = await answer(request).catch(
      (error: unknown): Reply => ({ status: 400, body: { errors: String(error) } }),
    );
    if (reply === "reset") request.socket.resetAndDestroy();
    else if (reply === "drop") request.socket.destroy();
    else send(response, reply);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    articles: store.articles,
    remove: store.remove,
    requests: () => [...log],
    async close() {
      closing.abort();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const unknownToken = "[API] Invalid API key or access token (unrecognized login or wrong password)";
const throttled = {
  message: "Throttled",
  extensions: { code: "THROTTLED", documentation: "https://shopify.dev/api/usage/limits#rate-limits" },
};

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > mostBodyBytes) throw new Error(`The body is longer than ${mostBodyBytes} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function send(response: ServerResponse, { status, body, headers }: Exclude<Reply, string>): void {
  const isText = typeof body === "string";
  response.writeHead(status, { "content-type": isText ? "text/html" : "application/json", ...headers });
  response.end(isText ? body : JSON.stringify(body));
}
