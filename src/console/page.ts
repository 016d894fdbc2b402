import type { RequestHandler } from "express";
import type { Db } from "../db/client.ts";
import { type JobErrorCode, jobErrors } from "../errors.ts";
import { type CalledModel, readGate } from "../model/gates.ts";

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Galley</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 44rem; margin: 4rem auto; padding: 0 1.25rem; }
  h1 { font-size: 2rem; margin-bottom: 0; }
  code, pre { font: 0.9em/1.5 ui-monospace, monospace; }
  pre { padding: 1rem; border: 1px solid #8886; border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
  li { margin: 0.3rem 0; }
  [role="alert"] { padding: 0.75rem 1rem; border-left: 4px solid #d33; background: #d331; }
</style>
<h1>Galley</h1>
<!-- alert -->
<p>A durable job service for AI generation, on PostgreSQL alone. Post a request, get a job id at once,
and follow the job through its phases to the result.</p>
<pre>curl -s localhost:3000/v1/jobs -H 'Content-Type: application/json' \\
  -d '{"type":"article","input":{"topic":{"title":"How to choose a road bike"}}}'</pre>
<p>Where to go:</p>
<ul>
  <li><a href="/v1/jobs"><code>/v1/jobs</code></a>: the jobs, newest first; one of them at <code>/v1/jobs/:id</code></li>
  <li><a href="/docs"><code>/docs</code></a>: every route, to try out; <a href="/openapi.json"><code>/openapi.json</code></a> for machines</li>
  <li><code>/v1/jobs/:id/events</code>: what happens to a job and the text as it is written, as a stream</li>
  <li><a href="/v1/types"><code>/v1/types</code></a>: what can be generated, with the schema of each input</li>
  <li><code>/v1/articles/:id</code>: a finished article as JSON, Markdown or HTML, by <code>Accept</code></li>
  <li><a href="/readyz"><code>/readyz</code></a>: whether everything that the service needs is there</li>
</ul>
</html>
`;

/** The page at `/`: what this is, where to go, and what the operator must know of the model. */
export const consolePage =
  (db: Db, model: CalledModel): RequestHandler =>
  async (request, response) => {
    // Without a database the page still says where to look.
    const gate = await readGate(db, model).catch(() => null);
    response.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    response
      .type("html")
      .send(
        page
          .replace("localhost:3000", hostOf(request.get("Host")))
          .replace("<!-- alert -->", gate ? alertOf(gate) : ""),
      );
  };

const alertOf = ({ code, until }: { code: string; until: Date }): string =>
  `<p role="alert">${jobErrors[code as JobErrorCode].message} <code>${code}</code>, left alone until ${until.toISOString()}</p>`;

// The header is the caller's: only what can be a host and a port is shown.
function hostOf(header = ""): string {
  return /^[\w.:[\]-]{1,100}$/.test(header) ? header : "localhost:3000";
}
