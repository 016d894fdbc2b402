import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Router } from "express";
import type { JobType } from "../../author/index.ts";
import { bundle } from "../../bundle.ts";

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Galley: the HTTP API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
`;

// Without a validator, which would ask a server elsewhere.
const start = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null });
`;

const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `/openapi.json`, its page at `/docs`, which loads nothing from elsewhere, and the client for pages at `/client.js`. */
export function docsRoutes(types: readonly JobType[]): Router {
  const router = Router();
  let document: Promise<unknown> | undefined;

  router.get("/openapi.json", async (_request, response) => {
    // Made when it is first asked for: a worker, or a start that must be quick, needs none of it.
    document ??= import("../api/document.ts").then(({ createApiDocument }) => createApiDocument(types));
    response.json(await document);
  });

  let client: Promise<string> | undefined;
  router.use(["/docs", "/client.js"], (_request, response, next) => {
    response.set("Content-Security-Policy", contentSecurityPolicy);
    next();
  });
  router.get("/docs", (_request, response) => void response.type("html").send(page));
  router.get("/docs/start.js", (_request, response) => void response.type("js").send(start));
  router.get("/client.js", async (_request, response) => {
    client ??= bundleClient();
    response.type("js").send(await client);
  });
  const files = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  for (const name of ["swagger-ui.css", "swagger-ui-bundle.js"]) {
    let file: Promise<Buffer> | undefined;
    // Not by sendFile: it throws for a Range or an If-Match that does not fit, with the file's cache headers set.
    router.get(`/docs/${name}`, async (_request, response) => {
      file ??= readFile(join(files, name));
      response
        .type(extname(name))
        .set("Cache-Control", "public, max-age=3600")
        .send(await file);
    });
  }
  return router;
}

/** `galley/client` as one module that imports nothing. */
async function bundleClient(): Promise<string> {
  const entry = fileURLToPath(new URL("../../client/index.ts", import.meta.url));
  const [file] = await bundle({ entryPoints: [entry] });
  return file?.text ?? "";
}
