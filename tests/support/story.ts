import { v7 } from "uuid";
import { z } from "zod";
import {
  defineJob,
  definePhase,
  PermanentError,
  type PhaseContext,
  type RecordedJob,
} from "../../src/author/index.ts";
import type { Tx } from "../../src/db/client.ts";
import { articles } from "../../src/db/schema/index.ts";

const Request = z.object({ title: z.string(), chapters: z.int().min(1) });
const Outline = z.object({ title: z.string(), chapters: z.array(z.string()) });
const Text = z.object({ title: z.string(), text: z.string() });
type Text = z.infer<typeof Text>;

const policy = { retryLimit: 19, expireInSeconds: 60 };

/** A step that asks the model. Its prompt begins with the job and the step, by which a server can count. */
function ask({ job, step, model }: PhaseContext<unknown>, key: string, input: unknown): Promise<string> {
  return step(key, input, () =>
    model.text({
      system: "You write short texts.",
      user: `${job.id} ${key}\nWrite 20 words.`,
      maxOutputTokens: 2_000,
    }),
  );
}

const outlining = definePhase({
  name: "outlining",
  input: Request,
  output: Outline,
  ...policy,
  async run(context) {
    const { title, chapters } = context.input;
    await ask(context, "outline", title);
    return { title, chapters: Array.from({ length: chapters }, (_, index) => `chapter:${index + 1}`) };
  },
});

const writing = definePhase({
  name: "writing",
  input: Outline,
  output: Text,
  ...policy,
  async run(context) {
    const { title, chapters } = context.input;
    const texts = await Promise.all(chapters.map((key) => ask(context, key, title)));
    await context.progress({ done: texts.length, of: texts.length });
    return { title, text: texts.join("\n\n") };
  },
});

const publishing = definePhase({
  name: "publishing",
  input: Text,
  output: Text,
  ...policy,
  run: async ({ input }) => input,
});

const noting = definePhase({
  name: "noting",
  input: Request,
  output: Text,
  ...policy,
  async run(context) {
    const { title } = context.input;
    const text = await ask(context, "note", title);
    if (title === hopeless) throw new PermanentError("Nobody can write this.");
    return { title, text };
  },
});

async function record(tx: Tx, job: RecordedJob, { title, text }: Text) {
  const articleId = v7();
  await tx.insert(articles).values({ id: articleId, jobId: job.id, title, content: text, slug: job.id });
  return { articleId, wordCount: text.split(/\s+/).length };
}

const reviewing = definePhase({
  name: "reviewing",
  input: Request,
  output: Text,
  ...policy,
  async run(context) {
    const { title } = context.input;
    const text = await ask(context, "draft", title);
    const answer = await context.waitFor(
      "approval",
      z.object({ approved: z.boolean(), note: z.string().min(3).max(500).optional() }),
      { until: new Date(Date.now() + 3_600_000), question: "May this be published?", content: text },
    );
    return { title, text: `${text}\n\n${answer?.approved ? "Approved" : "Not approved"}: ${answer?.note ?? ""}` };
  },
});

/** The title of a note that fails. */
export const hopeless = "hopeless";

/** Pays in both ways, for one step alone and for several at once, and keeps an article. For tests that break things. */
export const story = defineJob({
  type: "story",
  description: "For tests.",
  input: Request,
  phases: [outlining, writing, publishing],
  record,
});

/** One phase with one paid step. */
export const note = defineJob({
  type: "note",
  description: "For tests.",
  input: Request,
  phases: [noting],
  record,
});

/** One phase, which asks a person in the end. */
export const review = defineJob({
  type: "review",
  description: "For tests.",
  input: Request,
  phases: [reviewing],
  record,
});
