type Group = Record<string, unknown>;

/** What was given, without what was left empty. Undefined: nothing was. */
export function givenOf(value: unknown): unknown {
  if (typeof value === "string") return value.trim() === "" ? undefined : value;
  if (Array.isArray(value)) {
    const items = value.map(givenOf).filter((item) => item !== undefined);
    return items.length > 0 ? items : undefined;
  }
  if (typeof value !== "object" || value === null) return value ?? undefined;
  const entries = Object.entries(value).map(([name, part]) => [name, givenOf(part)]);
  const given = entries.filter(([, part]) => part !== undefined);
  return given.length > 0 ? Object.fromEntries(given) : undefined;
}

/** The same value with another one at a place in it. */
export function withAt(value: unknown, [name, ...rest]: readonly string[], part: unknown): unknown {
  if (name === undefined) return part;
  const group = (value ?? {}) as Group;
  return { ...group, [name]: withAt(group[name], rest, part) };
}

/** What is typed as lines: a text for each that is not empty. */
export const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** What a person chose beside the input. Texts as they were typed. */
export type Options = { tags: string; maxCostUsd: string; priority: string; startAfter: string };

export const noOptions: Options = { tags: "", maxCostUsd: "", priority: "", startAfter: "" };

/** What is sent for one job. */
export type Asked = {
  type: string;
  input: unknown;
  tags?: string[];
  maxCostUsd?: string;
  priority?: number;
  startAfter?: string;
};

export function askedOf(type: string, draft: unknown, options: Options): Asked {
  const { maxCostUsd, priority, startAfter } = options;
  const tags = tagsOf(options);
  return {
    type,
    input: givenOf(draft) ?? {},
    ...(tags.length > 0 && { tags }),
    ...(maxCostUsd.trim() !== "" && { maxCostUsd: maxCostUsd.trim() }),
    ...(priority.trim() !== "" && { priority: Number(priority) }),
    ...(startAfter !== "" && { startAfter: new Date(startAfter).toISOString() }),
  };
}

/** What is sent for a batch: a job for each draft. Its tags are given to each of them. */
export function askedBatchOf(type: string, drafts: readonly unknown[], options: Options) {
  const jobs = drafts.map((draft) => askedOf(type, draft, { ...options, tags: "" }));
  return { jobs, tags: tagsOf(options) };
}

const tagsOf = ({ tags }: Options): string[] =>
  tags
    .split(",")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");

/** What the service refused, by the place in the form: `/input/topic/title`, also where the place is one of several jobs'. */
export function messagesOf(errors: readonly { pointer: string; message: string }[]): Map<string, string> {
  const messages = new Map<string, string>();
  for (const { pointer, message } of errors) {
    const [, job, place = pointer] = /^\/jobs\/(\d+)(\/.*)?$/.exec(pointer) ?? [];
    const words = job === undefined ? message : `Job ${Number(job) + 1}: ${message}`;
    if (!messages.has(place)) messages.set(place, words);
  }
  return messages;
}
