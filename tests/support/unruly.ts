import { AsyncResource } from "node:async_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { defineJob, definePhase, type PhaseContext } from "../../src/author/index.ts";

const Input = z.object({
  does: z.enum([
    "behave",
    "two steps",
    "forgotten steps",
    "throw later",
    "reject later",
    "throw in the grace",
    "block",
    "exit",
    "heed nothing",
  ]),
  /** How long, in seconds. */
  seconds: z.number().default(0),
});
type Given = PhaseContext<z.infer<typeof Input>>;

const fail = async (): Promise<never> => {
  throw new Error("strayed");
};

const deeds: Record<z.infer<typeof Input>["does"], (given: Given) => Promise<unknown>> = {
  async behave({ input, step, signal }) {
    await step("first", 1, async () => "kept");
    await delay(input.seconds * 1000, undefined, { signal });
  },
  async "two steps"({ step, signal }) {
    const one = step("one", 1, () => delay(600_000, undefined, { signal }));
    const two = step("two", 1, () => delay(600_000, undefined, { signal }));
    return [await one, await two];
  },
  // What the linter refuses.
  async "forgotten steps"({ step, progress }) {
    void step("forgotten", 1, fail);
    void progress({ done: -1, of: Number.NaN });
  },
  async "throw later"({ signal }) {
    setTimeout(() => {
      throw new Error("strayed");
    }, 10);
    await delay(600_000, undefined, { signal });
  },
  async "reject later"({ signal }) {
    void fail();
    await delay(600_000, undefined, { signal });
  },
  async "throw in the grace"({ step, signal }) {
    const throwLater = AsyncResource.bind(() => {
      setTimeout(() => {
        throw new Error("strayed");
      }, 10);
    });
    process.once("SIGTERM", throwLater);
    await step("first", 1, async () => "kept");
    await delay(600_000, undefined, { signal });
  },
  async block({ input, step }) {
    await step("first", 1, async () => "kept");
    const until = performance.now() + input.seconds * 1000;
    while (performance.now() < until);
  },
  async exit({ step }) {
    await step("first", 1, async () => "kept");
    process.exit(9);
  },
  async "heed nothing"() {
    await delay(600_000);
  },
};

/** A type whose handlers do what they must not. */
export const unruly = ({ expireInSeconds = 600 } = {}) =>
  defineJob({
    type: "unruly",
    description: "For tests.",
    input: Input,
    phases: [
      definePhase({
        name: "doing",
        input: Input,
        output: z.object({}),
        retryLimit: 0,
        expireInSeconds,
        async run(context) {
          await deeds[context.input.does](context);
          return {};
        },
      }),
    ],
  });
