import { JobError } from "../../src/author/index.ts";
import { type Asking, askText } from "./ask.ts";
import { cleanPart } from "./clean.ts";
import { wordsOf } from "./draft.ts";
import { foreignLanguageOf, nameOf } from "./language.ts";
import { parseMarkdown, plainText } from "./markdown.ts";
import type { Part } from "./part.ts";
import type { ArticleRequest } from "./request.ts";
import { countPhrase } from "./words.ts";

const fewest = 0.8;
const most = 1.25;

const repairTask = `
Rewrite "draft", which was written for the task below, so that nothing in "problems" is left. Keep what is good about it.
Cut the weakest sentences where it is too long; add substance, not filler, where it is too short.

The task was:`;

/** Writes a part. One with problems is written once more, and the better one is kept. */
export async function writePart(context: Asking, request: ArticleRequest, part: Part): Promise<string> {
  const { key, label, task } = part;
  const first = await writeOnce(context, part, { key, label, task, data: part.data });
  const problems = await problemsOf(first, request, part);
  if (problems.length === 0) return first;
  const second = await rewritePart(context, part, { key: `${key}:repair`, draft: first, problems });
  return (await missOf(second, request, part)) < (await missOf(first, request, part)) ? second : first;
}

/** Asks for a part anew, with what is wrong with it. */
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

type Question = { key: string; label: string; task: string; data: Record<string, unknown> };

async function writeOnce(context: Asking, part: Part, question: Question): Promise<string> {
  const links = part.links.map(({ url }) => url);
  return await askText(context, { ...question, words: part.targetWords }, (text) => {
    const cleaned = cleanPart(text, { links, heading: part.heading });
    if (cleaned === "") throw new JobError("invalid_output", "The model wrote nothing that can be used.");
    return cleaned;
  });
}

/** What makes a text worth writing once more: faults, and a length that is far off. */
export async function problemsOf(text: string, request: ArticleRequest, part: Part): Promise<string[]> {
  const words = wordsOf(text, request.language);
  const problems = await faultsOf(text, request);
  if (words < part.targetWords * fewest || words > part.targetWords * most) {
    problems.push(`It has ${words} words, and should have ${part.targetWords}.`);
  }
  return problems;
}

/** What no length makes up for: another language, words that the brand never uses. */
export async function faultsOf(text: string, request: ArticleRequest): Promise<string[]> {
  const { language } = request;
  const foreign = await foreignLanguageOf(text, language);
  return [
    ...(foreign ? [`It is written in ${nameOf(foreign)}, and should be in ${nameOf(language)}.`] : []),
    ...bannedWords(text, request).map((word) => `It uses "${word}", which the brand never does.`),
  ];
}

/** How far a text is from what it should be: the wrong language is worse than any word, a word than any length. */
async function missOf(text: string, request: ArticleRequest, { targetWords }: Part): Promise<number> {
  const ratio = wordsOf(text, request.language) / Math.max(1, targetWords);
  const foreign = (await foreignLanguageOf(text, request.language)) === null ? 0 : 1_000;
  return Math.abs(Math.log(ratio)) + 10 * bannedWords(text, request).length + foreign;
}

/** Words of the brand's list that a text uses all the same. */
export function bannedWords(text: string, { brand, language }: ArticleRequest): string[] {
  const plain = plainText(parseMarkdown(text));
  return (brand?.banned ?? []).filter((word) => countPhrase(plain, word, language) > 0);
}
