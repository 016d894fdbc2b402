import { JobError } from "galley/author";
import type { Asking, Question } from "../../text/ask.ts";
import { cleanPart } from "../../text/clean.ts";
import { askText } from "../prompts.ts";
import type { ArticleRequest } from "../request.ts";
import { missOf, problemsOf } from "./faults.ts";
import type { Part } from "./part.ts";

const repairTask = `
Rewrite "draft", which was written for the task below, so that nothing in "problems" is left. Keep what is good about it.
Cut the weakest sentences where it is too long; add substance, not filler, where it is too short.

The task was:`;

/** Writes a part. If it has problems, it is written once more, and the better of the two is kept. */
export async function writePart(context: Asking, request: ArticleRequest, part: Part): Promise<string> {
  const { key, label, task } = part;
  const first = await writeOnce(context, part, { key, label, task, data: part.data });
  const problems = await problemsOf(first, request, part);
  if (problems.length === 0) return first;
  const second = await rewritePart(context, part, { key: `${key}:repair`, draft: first, problems });
  return (await missOf(second, request, part)) < (await missOf(first, request, part)) ? second : first;
}

/** Writes a part once more: the model gets the draft, and what is wrong with it. */
export async function rewritePart(
  context: Asking,
  part: Part,
  { key, draft, problems }: { key: string; draft: string; problems: string[] },
): Promise<string> {
  return await writeOnce(context, part, {
    key,
    label: part.label.replace("Writing", "Revising"),
    task: `${repairTask}\n${part.task.trim()}`,
    data: { ...part.data, problems, draft },
  });
}

async function writeOnce(context: Asking, part: Part, question: Omit<Question, "words">): Promise<string> {
  const links = part.links.map(({ url }) => url);
  return await askText(context, { ...question, words: part.targetWords }, (text) => {
    const cleaned = cleanPart(text, { links, heading: part.heading });
    if (cleaned === "") throw new JobError("invalid_output", "The model wrote nothing that can be used.");
    return cleaned;
  });
}
