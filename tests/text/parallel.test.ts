import { expect, test } from "@jest/globals";
import { inParallel } from "../../jobs/text/parallel.ts";

/** Items that end when they are told to. */
function held(count: number) {
  const gates = Array.from({ length: count }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  return {
    gates,
    begun,
    items: gates.map((_, index) => index),
    async run(index: number) {
      begun.push(index);
      await gates[index]?.promise;
      return index * 10;
    },
  };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("no more run at once than may, and results keep their order", async () => {
  const { gates, begun, items, run } = held(4);
  const all = inParallel(items, 2, run);
  expect(begun).toEqual([0, 1]);
  gates[1]?.resolve();
  await settled();
  expect(begun).toEqual([0, 1, 2]);
  for (const gate of gates) gate.resolve();
  expect(await all).toEqual([0, 10, 20, 30]);
});

test("after a failure nothing begins, but what is under way comes to its end", async () => {
  const { gates, begun, items, run } = held(4);
  let hasEnded = false;
  const all = inParallel(items, 2, run).finally(() => {
    hasEnded = true;
  });
  const failure = expect(all).rejects.toThrow("no more paper");
  gates[0]?.reject(new Error("no more paper"));
  await settled();
  expect({ begun, hasEnded }).toEqual({ begun: [0, 1], hasEnded: false });
  gates[1]?.resolve();
  await failure;
  expect(begun).toEqual([0, 1]);
});

test("nothing to do is done at once", async () => {
  expect(await inParallel([], 3, async () => 1)).toEqual([]);
});
