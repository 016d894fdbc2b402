import { open, writeFile } from "node:fs/promises";
import type { JobType } from "galley/author";
import { type Client, createClient, GalleyError, type Job } from "galley/client";
import { v7 as newUuid } from "uuid";
import { jobTypes } from "../jobs/index.ts";
import { newKey } from "../src/access/key.ts";
import { runCommand } from "../src/command/command.ts";
import { readFlags } from "../src/command/flags.ts";
import { createProgressBar } from "../src/command/progress-bar.ts";
import { StartError } from "../src/errors.ts";
import { createLog } from "../src/log/log.ts";
import { startGalley } from "../src/process/start.ts";
import { readConfig } from "../src/settings/config.ts";

await runCommand(async () => {
  const { out, ...article } = readArguments();
  const config = readConfig();
  if (out !== undefined) await requireWritable(out);
  const ownKey = newKey();
  const own = config.GALLEY_URL
    ? null
    : await startGalley(
        { ...config, PORT: 0, ROLES: ["api", "worker"], SHUTDOWN_GRACE_SECONDS: 0 },
        // The bar has the screen; what fails is in the job itself.
        { jobTypes, log: createLog("fatal"), ownKey },
      );
  const service = own
    ? { baseUrl: own.url ?? "", apiKey: ownKey.text }
    : { baseUrl: config.GALLEY_URL ?? "", apiKey: config.GALLEY_API_KEY };
  try {
    const { markdown, articleId } = await generate(createClient<JobType[]>(service), article).catch(
      (error: Error) => Promise.reject(error instanceof GalleyError ? refused(error) : error),
    );
    if (out === undefined) process.stdout.write(markdown);
    else await writeFile(out, markdown).catch((error: Error) => Promise.reject(lost(error, articleId)));
  } finally {
    await own?.close();
  }
});

// What a person typed is checked by the service.
async function generate(
  galley: Client<JobType[]>,
  { title, keywords, words, template }: Omit<Arguments, "out">,
): Promise<{ markdown: string; articleId: string }> {
  const topic = { title, ...(keywords && { keywords }), ...(template && { template }) };
  const input = { topic, ...(words && { targetWordCount: Number(words) }) };
  const submitted = await galley.submit("article", input, { idempotencyKey: newUuid() });
  const cancel = () => void galley.cancel(submitted.id).catch(() => undefined);
  process.once("SIGINT", cancel).once("SIGTERM", cancel);

  const bar = createProgressBar(process.stderr);
  const job = await galley.wait(submitted.id, { onChange: (seen) => bar.show(seen) }).finally(() => bar.stop());
  if (job.status !== "completed") throw new StartError(reasonOf(job));
  if (job.provider === "demo")
    process.stderr.write("Written by the demo model: set OPENAI_API_KEY for a real one.\n");
  const articleId = String(job.articleId);
  try {
    return { markdown: await galley.articles.markdown(articleId), articleId };
  } catch (error) {
    throw lost(error as Error, articleId);
  }
}

/** What has been paid for is not lost with the file. */
function lost({ message }: Error, articleId: string): StartError {
  return new StartError(
    `${message}. The article is written and kept: npm start, then ` +
      `curl -H 'Accept: text/markdown' localhost:3000/v1/articles/${articleId}`,
  );
}

/** A refusal, in the words of the service. */
function refused({ code, detail, errors, cause }: GalleyError): StartError {
  const hints = {
    unreachable: "Start it with npm start, or unset GALLEY_URL.",
    unauthorized: "GALLEY_API_KEY is the key that is sent.",
  };
  const hint = code in hints ? [hints[code as keyof typeof hints]] : [];
  return new StartError(
    [detail, ...hint, ...errors.map(({ pointer, message }) => `  ${pointer}: ${message}`)].join("\n"),
    { cause },
  );
}

function reasonOf({ id, status, error }: Job): string {
  return error ? `The job ${id} has failed (${error.code}): ${error.message}` : `The job ${id} was ${status}.`;
}

type Arguments = ReturnType<typeof readArguments>;

function readArguments() {
  const values = readFlags({
    name: "npm run generate",
    does: "Writes one article, by a running service (GALLEY_URL, GALLEY_API_KEY) or one that it starts and stops again.",
    flags: {
      title: { type: "string", help: "of the article; needed" },
      keywords: { type: "string", help: "with commas between them" },
      words: { type: "string", help: "about how many, from 300 to 4000" },
      template: { type: "string", help: 'like "How-to Guide"' },
      out: { type: "string", help: "a file for the Markdown; else it is printed" },
    },
  });
  const { title, words } = values;
  if (!title) throw new StartError('--title is needed: npm run generate -- --title "How to choose a road bike"');
  if (words !== undefined && !/^\d+$/.test(words)) throw new StartError(`--words takes a number, got "${words}".`);
  return { ...values, title };
}

/** Before anything is paid: whether the file can be written. Leaves what is there as it is. */
async function requireWritable(file: string): Promise<void> {
  try {
    const handle = await open(file, "a");
    await handle.close();
  } catch (error) {
    throw new StartError(`--out ${file} cannot be written: ${(error as Error).message}.`);
  }
}
