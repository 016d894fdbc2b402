import { afterEach, expect, test } from "@jest/globals";
import { PermanentError, type Step, WaitError } from "../../src/author/index.ts";
import {
  createGate,
  eventually,
  hurry,
  loseWorker,
  startTestGalley,
  type TestGalley,
  whenFinished,
} from "../support/galley.ts";
import { failUntilHurried, relay } from "../support/types.ts";

let galley: TestGalley;
afterEach(() => galley.close());

type Given = { input: { text: string }; step: Step; attempt: number };
const start = async (first: (given: Given) => Promise<{ text: string }>) => {
  galley = await startTestGalley({ jobTypes: [relay({ first })] });
  return (await galley.service.submit("local", { type: "relay", input: { text: "go" } })).job.id;
};
const retried = async (id: string) => {
  await eventually(
    () => galley.service.find("local", id),
    (job) => job.nextAttemptAt !== null,
  );
  await hurry(galley, id);
  return await whenFinished(galley, id);
};

test("a finished step is not run again by the next attempt, an unfinished one is", async () => {
  const runs: string[] = [];
  const id = await start(async ({ step, attempt }) => {
    const one = await step("one", { of: "a" }, async () => `${runs.push("one")}`);
    const two = await step("two", one, async () => {
      runs.push("two");
      if (attempt === 1) throw failUntilHurried();
      return { nested: [one] };
    });
    return { text: JSON.stringify(two) };
  });
  expect(await retried(id)).toMatchObject({ status: "completed", resultData: { text: '{"nested":["1"]} second' } });
  expect(runs).toEqual(["one", "two", "two"]);
  const events = await galley.service.readEvents(await galley.service.find("local", id), 0);
  const steps = events
    .filter(({ type }) => type.startsWith("step_"))
    .map(({ type, data }) => `${type} ${data.step} ${data.reused ?? ""}`.trim());
  expect(steps).toEqual([
    "step_started one",
    "step_finished one false",
    "step_started two",
    "step_finished one true",
    "step_started two",
    "step_finished two false",
  ]);
});

test("a step whose input changed runs again; the order of its keys does not matter", async () => {
  const runs: number[] = [];
  const id = await start(async ({ step }) => {
    for (const input of [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
      { a: 1, b: 3 },
    ])
      await step("same", input, async () => runs.push(input.b));
    return { text: "" };
  });
  await whenFinished(galley, id);
  expect(runs).toEqual([2, 3]);
});

test.each(["1", "true", '{"a":1}', '"quoted"'])("the text %s stays a text when it is read again", async (text) => {
  const id = await start(async ({ step, attempt }) => {
    const kept = await step("text", 1, async () => text);
    if (attempt === 1) throw failUntilHurried();
    return { text: kept };
  });
  expect(await retried(id)).toMatchObject({ status: "completed", resultData: { text: `${text} second` } });
});

test("what a step gives is what a later attempt will read", async () => {
  const seen: unknown[] = [];
  const id = await start(async ({ step, attempt }) => {
    seen.push(await step("date", 1, async () => ({ at: new Date(0), none: undefined })));
    seen.push(await step("nothing", 1, async () => undefined));
    if (attempt === 1) throw failUntilHurried();
    return { text: "" };
  });
  await retried(id);
  expect(seen.slice(0, 2)).toEqual([{ at: "1970-01-01T00:00:00.000Z" }, null]);
  expect(seen.slice(2)).toEqual(seen.slice(0, 2));
});

test("when one of several parallel steps fails, those under way are finished and none begins", async () => {
  const runs: string[] = [];
  const slow = createGate();
  const broken = createGate();
  const id = await start(async ({ step, attempt }) => {
    const one = (name: string, run: () => Promise<unknown>) =>
      step(name, 1, async () => {
        runs.push(`${name} ${attempt}`);
        return await run();
      });
    await Promise.all([
      one("slow", () => slow.pass()),
      one("broken", async () => {
        await slow.reached;
        if (attempt > 1) return;
        // After the failure has gone its way through the promises.
        setImmediate(broken.open);
        throw failUntilHurried();
      }),
      (async () => {
        await broken.pass();
        const next = one("next", async () => undefined);
        slow.open();
        await next;
      })(),
    ]);
    return { text: "" };
  });
  expect(await retried(id)).toMatchObject({ status: "completed" });
  expect(runs.toSorted()).toEqual(["broken 1", "broken 2", "next 2", "slow 1"]);
});

test("a handler that goes on in spite of a failed step has those too that were to begin meanwhile", async () => {
  const slow = createGate();
  const broken = createGate();
  const id = await start(async ({ step }) => {
    const parts = await Promise.allSettled([
      step("slow", 1, async () => {
        await slow.pass();
        return "slow";
      }),
      step("broken", 1, async () => {
        setImmediate(broken.open);
        throw new Error("no");
      }),
      (async () => {
        await broken.pass();
        const next = ["next", "last"].map((name) => step(name, 1, async () => name));
        slow.open();
        return (await Promise.all(next)).join(" ");
      })(),
    ]);
    return {
      text: parts.map((part) => (part.status === "fulfilled" ? part.value : part.reason.message)).join(", "),
    };
  });
  expect(await whenFinished(galley, id)).toMatchObject({
    status: "completed",
    attempts: 1,
    resultData: { text: "slow, no, next last second" },
  });
});

test("a short wait stays in place, with its siblings", async () => {
  let asked = 0;
  const id = await start(async ({ step, attempt }) => {
    await step("patient", 1, async () => {
      if (asked++ < 2) throw new WaitError(new Date(Date.now() + 30), "a moment");
    });
    return { text: String(attempt) };
  });
  const done = await whenFinished(galley, id);
  expect(done).toMatchObject({ status: "completed", resultData: { text: "1 second" } });
  expect(asked).toBe(3);
  const types = (await galley.service.readEvents(done, 0)).map(({ type }) => type);
  expect(types).not.toContain("waiting");
});

test("a wait of some seconds is shown while the attempt goes on, and taken back when it does", async () => {
  let until = new Date();
  const after = createGate();
  let asked = 0;
  const id = await start(async ({ input, step }) => {
    await step("patient", 1, async () => {
      until = new Date(Date.now() + 2_500);
      if (asked++ === 0) throw new WaitError(until, "the provider asks for patience");
      await after.pass();
    });
    return input;
  });
  const waiting = await eventually(
    () => galley.service.find("local", id),
    (job) => job.waitingFor !== null,
  );
  expect(waiting).toMatchObject({
    attempts: 1,
    nextAttemptAt: until,
    waitingFor: "the provider asks for patience",
  });
  const told = until.toISOString();
  await after.reached;
  expect(await galley.service.find("local", id)).toMatchObject({ nextAttemptAt: null, waitingFor: null });
  after.open();
  const done = await whenFinished(galley, id);
  expect(done).toMatchObject({ status: "completed" });
  const waits = (await galley.service.readEvents(done, 0)).filter(({ type }) => type === "waiting");
  expect(waits.map(({ data }) => data)).toEqual([
    { until: told, why: "the provider asks for patience", inPlace: true },
  ]);
});

test("a worker that is lost while its attempt waits in place is reported as lost", async () => {
  let asked = 0;
  const id = await start(async ({ input, step }) => {
    await step("patient", 1, async () => {
      if (asked++ === 0) throw new WaitError(new Date(Date.now() + 25_000), "the provider asks for patience");
    });
    return input;
  });
  await eventually(
    () => galley.service.find("local", id),
    (job) => job.waitingFor !== null,
  );
  await loseWorker(galley, id);
  await galley.queue.supervise();
  await hurry(galley, id);
  const done = await whenFinished(galley, id);
  expect(done).toMatchObject({ status: "completed" });
  const failures = (await galley.service.readEvents(done, 0)).filter(({ type }) => type === "attempt_failed");
  expect(failures).toMatchObject([{ data: { attempt: 1, error: { code: "worker_lost" } } }]);
});

test("what an attempt leaves behind tells nothing once it has ended, also before the next one", async () => {
  const gate = createGate();
  const behind = Promise.withResolvers<Promise<unknown>>();
  const id = await start(async ({ input, step, attempt }) => {
    if (attempt > 1) return input;
    const started = [createGate(), createGate()];
    const steps = [
      step("waits", 1, async () => {
        await Promise.all([started[0]?.pass(), gate.pass()]);
        throw new WaitError(new Date(Date.now() + 5_000), "not yet");
      }),
      step("works", 1, async () => void (await Promise.all([started[1]?.pass(), gate.pass()]))),
    ];
    behind.resolve(Promise.allSettled(steps));
    for (const { reached, open } of started) await reached.then(open);
    throw failUntilHurried();
  });
  const failed = await eventually(
    () => galley.service.find("local", id),
    (job) => job.nextAttemptAt !== null,
  );
  const told = await galley.service.readEvents(failed, 0);
  expect(told.at(-1)?.type).toBe("attempt_failed");
  gate.open();
  await await behind.promise;
  const after = await galley.service.find("local", id);
  expect(await galley.service.readEvents(after, 0)).toEqual(told);
  expect(after).toMatchObject({ nextAttemptAt: failed.nextAttemptAt, waitingFor: null });
  await hurry(galley, id);
  const done = await whenFinished(galley, id);
  const failures = (await galley.service.readEvents(done, 0)).filter(({ type }) => type === "attempt_failed");
  expect(failures).toHaveLength(1);
});

test("a step that must wait longer lets its siblings finish before the phase goes back", async () => {
  const sibling = createGate();
  let asked = 0;
  const runs: string[] = [];
  const id = await start(async ({ step, attempt }) => {
    await Promise.all([
      step("patient", 1, async () => {
        await sibling.reached;
        if (asked++ === 0) {
          setTimeout(sibling.open, 50);
          throw new WaitError(new Date(Date.now() + 3_600_000), "the provider asks for patience");
        }
      }),
      step("sibling", 1, async () => {
        await sibling.pass();
        runs.push(`sibling ${attempt}`);
      }),
    ]);
    return { text: String(attempt) };
  });
  const waiting = await eventually(
    () => galley.service.find("local", id),
    (job) => job.waitingFor !== null,
  );
  expect(waiting).toMatchObject({ attempts: 0, waitingFor: "the provider asks for patience" });
  expect(runs).toEqual(["sibling 1"]);
  expect(await retried(id)).toMatchObject({ status: "completed", resultData: { text: "1 second" } });
  expect(runs).toEqual(["sibling 1"]);
});

test("the model cannot be called outside of a step", async () => {
  galley = await startTestGalley({
    jobTypes: [
      relay({
        first: async ({ model }) => ({ text: await model.text({ system: "", user: "", maxOutputTokens: 10 }) }),
      }),
    ],
  });
  const { job } = await galley.service.submit("local", { type: "relay", input: { text: "go" } });
  expect(await whenFinished(galley, job.id)).toMatchObject({
    status: "failed",
    attempts: 1,
    errorMessage: "The handler called the model outside of a step.",
  });
});

test("the model cannot be called outside of a step by a job that begins while another one's step runs", async () => {
  const submit = () => galley.service.submit("local", { type: "relay", input: { text: "go" } });
  let second = "";
  let runs = 0;
  galley = await startTestGalley({
    jobTypes: [
      relay({
        async first({ step, model }) {
          if (++runs > 1) return { text: await model.text({ system: "s", user: "u", maxOutputTokens: 5 }) };
          // What it is begun by is this step: it has a commit, and hints of it.
          return await step("one", {}, async () => {
            second = (await submit()).job.id;
            return { text: (await whenFinished(galley, second)).errorMessage ?? "" };
          });
        },
      }),
    ],
  });
  const { job } = await submit();
  await whenFinished(galley, job.id);
  expect(await galley.service.find("local", second)).toMatchObject({
    status: "failed",
    errorMessage: "The handler called the model outside of a step.",
  });
});

test("a step inside a step that fails ends the attempt with its own reason, and not when the phase's time is over", async () => {
  const id = await start(async ({ step }) => {
    await step("outer", 1, () =>
      step("inner", 1, async () => {
        throw new PermanentError("The inner one cannot be done.");
      }),
    );
    return { text: "never" };
  });
  expect(await whenFinished(galley, id)).toMatchObject({
    status: "failed",
    errorMessage: "The inner one cannot be done.",
  });
});

test("steps inside parallel steps that fail at the same time do not wait for each other", async () => {
  const id = await start(async ({ step }) => {
    const branch = (name: string) =>
      step(name, 1, async () => {
        const rest = step(`${name}:slow`, 1, () => new Promise((resolve) => setTimeout(resolve, 50)));
        const failing = step(`${name}:fails`, 1, async () => {
          throw new PermanentError(`${name} fails.`);
        });
        await Promise.all([rest, failing]);
      });
    await Promise.all([branch("left"), branch("right")]);
    return { text: "never" };
  });
  expect(await whenFinished(galley, id)).toMatchObject({
    status: "failed",
    errorMessage: expect.stringMatching(/^(left|right) fails\.$/),
  });
});

test("a handler may go on after a step inside a step has failed", async () => {
  const id = await start(async ({ step }) => {
    const outer = await step("outer", 1, async () => {
      const inner = step("inner", 1, async () => {
        throw new Error("no");
      });
      return await inner.catch(() => step("instead", 1, async () => "instead"));
    });
    return { text: outer };
  });
  expect(await whenFinished(galley, id)).toMatchObject({
    status: "completed",
    resultData: { text: "instead second" },
  });
});

test("a key that is too long is known before anything is paid for", async () => {
  let paid = 0;
  const id = await start(async ({ step }) => {
    await step("k".repeat(501), 1, async () => paid++);
    return { text: "" };
  });
  expect(await whenFinished(galley, id)).toMatchObject({
    status: "failed",
    attempts: 1,
    errorMessage: expect.stringMatching(/^The key of a step has 1 to 500 bytes, and "k{40}…" has 501\.$/),
  });
  expect(paid).toBe(0);
});

test("an output that JSON cannot say is paid for once", async () => {
  let paid = 0;
  const id = await start(async ({ step }) => {
    await step("odd", 1, async () => {
      paid++;
      return { count: 1n };
    });
    return { text: "" };
  });
  expect(await whenFinished(galley, id)).toMatchObject({ status: "failed", attempts: 1, errorRetryable: false });
  expect(paid).toBe(1);
});
