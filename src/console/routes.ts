import { fileURLToPath } from "node:url";
import { type RequestHandler, Router } from "express";
import { bundle } from "../bundle.ts";
import { paths } from "./app/state/paths.ts";

const shell = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Galley</title>
<link rel="icon" href="/console/icon.svg">
<link rel="stylesheet" href="/console/main.css">
<script type="module" src="/console/main.js"></script>
<noscript>The console needs JavaScript. The service can be used without it: see /docs.</noscript>
<div id="console"></div>
</html>
`;

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#4338ca"/><path d="M9 10h14M9 16h14M9 22h8" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>
`;

const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The console: one page at each of its addresses, and at `/console/` the files that it loads. They need no key; what they ask does. */
export function consoleRoutes(): Router {
  const router = Router();
  let files: Promise<Map<string, Uint8Array>> | undefined;

  router.get(Object.values(paths), secure, (_request, response) => void response.type("html").send(shell));
  router.get("/console/icon.svg", secure, (_request, response) => void response.type("svg").send(icon));
  router.get("/console/:file", secure, async (request, response, next) => {
    // Bundled when it is first asked for: neither a worker nor a start that must be quick needs any of it.
    files ??= bundleConsole();
    const { file = "" } = request.params as { file?: string };
    const contents = (await files).get(file);
    if (!contents) return next();
    // Only fonts have a hash in their name. The others are compared by their ETag.
    response.set("Cache-Control", file.endsWith(".woff2") ? "public, max-age=31536000, immutable" : "no-cache");
    response.type(file.split(".").at(-1) ?? "").send(Buffer.from(contents));
  });
  return router;
}

const secure: RequestHandler = (_request, response, next) => {
  response.set("Content-Security-Policy", contentSecurityPolicy);
  next();
};

async function bundleConsole(): Promise<Map<string, Uint8Array>> {
  const built = await bundle({
    entryPoints: ["app/main.tsx", "app/style/main.css"].map((file) =>
      fileURLToPath(new URL(file, import.meta.url)),
    ),
    outdir: "/console",
    entryNames: "[name]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file" },
    minify: true,
    jsx: "automatic",
    jsxImportSource: "preact",
  });
  return new Map(built.map(({ path, contents }) => [path.split("/").at(-1) ?? "", contents]));
}
