import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { v7 as newUuid } from "uuid";
import { jobTypes } from "../jobs/index.ts";
import { type FollowedJob, followJob, submitJob } from "../src/client/follow.ts";
import { call } from "../src/client/http.ts";
import { createProgressBar } from "../src/client/progress-bar.ts";
import { runCommand } from "../src/command.ts";
import { readConfig } from "../src/config.ts";
import { StartError } from "../src/errors.ts";
import { createLog } from "../src/log.ts";
import { startGalley } from "../src/start.ts";

await runCommand(async () => {
  const { out, ...article } = readArguments();
  const config = readConfig();
  const own = config.GALLEY_URL
    ? null
    : await startGalley(
        { ...config, PORT: 0, ROLES: ["api", "worker"], SHUTDOWN_GRACE_SECONDS: 0 },
        // The bar has the screen; what fails is told by the job itself.
        { jobTypes, log: createLog("fatal") },
      );
  const baseURL = config.GALLEY_URL ?? own?.url ?? "";
  try {
    const markdown = await generate(baseURL, article);
    if (out === undefined) process.stdout.write(markdown);
    else await writeFile(out, markdown).catch((error: Error) => Promise.reject(new StartError(error.message)));
  } finally {
    await own?.close();
  }
});

async function generate(
  baseURL: string,
  { title, keywords, words, template }: Omit<Arguments, "out">,
): Promise<string> {
  const topic = { title, ...(keywords && { keywords }), ...(template && { template }) };
  const input = { topic, ...(words && { targetWordCount: Number(words) }) };
  const submitted = await submitJob(baseURL, { type: "article", input }, newUuid());
  const cancel = () =>
    void call(baseURL, `/v1/jobs/${submitted.id}/cancel`, { method: "POST" }).catch(() => undefined);
  process.once("SIGINT", cancel).once("SIGTERM", cancel);

  const bar = createProgressBar(process.stderr);
  const job = await followJob(baseURL, submitted, (seen) => bar.show(seen)).finally(() => bar.stop());
  if (job.status !== "completed") throw new StartError(reasonOf(job));
  if (job.provider === "demo")
    process.stderr.write("Written by the demo model: set OPENAI_API_KEY for a real one.\n");
  const article = await call(baseURL, `/v1/articles/${job.articleId}`, { headers: { Accept: "text/markdown" } });
  return await article.text();
}

function reasonOf({ id, status, error }: FollowedJob): string {
  return error ? `The job ${id} has failed (${error.code}): ${error.message}` : `The job ${id} was ${status}.`;
}

type Arguments = ReturnType<typeof readArguments>;

function readArguments() {
  const { values } = parseArgs({
    options: {
      title: { type: "string" },
      keywords: { type: "string" },
      words: { type: "string" },
      template: { type: "string" },
      out: { type: "string" },
    },
  });
  const { title, words } = values;
  if (!title) throw new StartError('--title is needed: npm run generate -- --title "How to choose a road bike"');
  if (words !== undefined && !/^\d+$/.test(words)) throw new StartError(`--words takes a number, got "${words}".`);
  return { ...values, title };
}
