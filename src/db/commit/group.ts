type Answers<Answer> = Promise<(Answer | Promise<Answer>)[]>;

export type GroupOptions<Item> = {
  /** Groups that are written at the same time. Default 1. */
  writers?: number;
  /** Bytes of an item. Default: each counts as nothing. */
  bytesOf?: ((item: Item) => number) | undefined;
  /** Whether an error may be the fault of a single item. Default: never. */
  splits?: (error: unknown) => boolean;
};

const mostItems = 500;
const mostBytes = 8 * 1024 * 1024;

/**
 * Writes together what is ready at the same moment. While one group is being written, the next one gathers; a lone item
 * waits for no other. `write` gives an answer for each item, in their order. When it throws, every item of the group
 * gets that error; if the error `splits` the group, each is written once more on its own, and only the one at fault fails.
 */
export function createGroup<Item, Answer>(
  write: (items: Item[]) => Answers<Answer>,
  { writers = 1, bytesOf = () => 0, splits = () => false }: GroupOptions<Item> = {},
): (item: Item) => Promise<Answer> {
  type Waiting = { item: Item; resolve(answer: Answer | Promise<Answer>): void; reject(error: unknown): void };
  const waiting: Waiting[] = [];
  let writing = 0;
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled || writing >= writers || waiting.length === 0) return;
    isScheduled = true;
    // What becomes ready in the same turn of the event loop joins.
    setImmediate(() => {
      isScheduled = false;
      writing++;
      void writeGroup(waiting.splice(0, fitting())).finally(() => {
        writing--;
        schedule();
      });
      schedule();
    });
  }

  function fitting(): number {
    let bytes = 0;
    const tooMany = waiting.findIndex(({ item }, index) => {
      bytes += bytesOf(item);
      return index > 0 && (index === mostItems || bytes > mostBytes);
    });
    return tooMany < 0 ? waiting.length : tooMany;
  }

  async function writeGroup(group: Waiting[]): Promise<void> {
    try {
      const answers = await write(group.map(({ item }) => item));
      for (const [index, { resolve }] of group.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      if (group.length > 1 && splits(error)) await Promise.all(group.map((one) => writeGroup([one])));
      else for (const { reject } of group) reject(error);
    }
  }

  return (item) => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    waiting.push({ item, resolve, reject });
    schedule();
    return promise;
  };
}
