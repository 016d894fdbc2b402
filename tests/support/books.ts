import { z } from "zod";
import {
  child,
  defineJob,
  definePhase,
  type EndedChild,
  PermanentError,
  type PhaseContext,
} from "../../src/author/index.ts";

const Chapter = z.strictObject({ title: z.string().min(1) });
const Text = z.object({ text: z.string() });
const Book = z.object({ titles: z.array(z.string()) });

export type WriteChapter = (context: PhaseContext<z.infer<typeof Chapter>>) => Promise<z.infer<typeof Text>>;

/** A type `chapter`, and a type `book` that spawns one for each of its titles. `onGathering`: each time it looks. */
export function books(write: WriteChapter, onGathering: () => void = () => undefined) {
  const chapter = defineJob({
    type: "chapter",
    description: "For tests.",
    input: Chapter,
    phases: [definePhase({ name: "writing", input: Chapter, output: Text, run: (context) => write(context) })],
  });
  const planning = definePhase({ name: "planning", input: Book, output: Book, run: async ({ input }) => input });
  const gathering = definePhase({
    name: "gathering",
    label: "Gathering the chapters",
    input: Book,
    output: Text,
    async run({ input, spawn }) {
      onGathering();
      const chapters = input.titles.map((title) => child(chapter, { title }));
      const ended = await spawn("chapters", chapters);
      if (ended.some(({ status }) => status === "failed")) throw new PermanentError(inWords(ended));
      return { text: inWords(ended) };
    },
  });
  const book = defineJob({ type: "book", description: "For tests.", input: Book, phases: [planning, gathering] });
  return { book, chapter };
}

const inWords = (ended: readonly EndedChild<z.infer<typeof Text>>[]): string =>
  ended
    .map((one) => {
      if (one.status === "completed") return one.result.text;
      return one.status === "failed" ? `failed (${one.error.message})` : one.status;
    })
    .join(" ");
