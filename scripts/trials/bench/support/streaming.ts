import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { defineJob, definePhase } from "../../../../src/author/index.ts";
import { counts, dialects } from "../../../../tests/support/dialects.ts";

const { chat } = dialects;

const Nothing = z.object({});
const Text = z.object({ text: z.string() });

/** One phase that keeps one answer of the model. */
export const streaming = defineJob({
  type: "streaming",
  description: "Asks the model once.",
  input: Nothing,
  phases: [
    definePhase({
      name: "streaming",
      input: Nothing,
      output: Text,
      async run({ step, model }) {
        const prompt = { system: "You write.", user: "Write.", maxOutputTokens: 1_000 };
        return { text: await step("text", null, () => model.text(prompt)) };
      },
    }),
  ],
});

export type SlowModel = { baseURL: string; open(): number; close(): Promise<void> };

export const slowModelText = (deltas: number): string =>
  Array.from({ length: deltas }, (_, index) => `word${index} `).join("");

/** A model over Chat Completions that sends one delta a second. */
export async function startSlowModel(deltas: number): Promise<SlowModel> {
  let open = 0;
  const server = createServer(async (request, response) => {
    open++;
    request.resume();
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(chat.begin().join(""));
    for (let index = 0; index < deltas; index++) {
      response.write(chat.text(`word${index} `).join(""));
      await delay(1_000);
    }
    response.end(chat.end("complete", counts).join(""));
    open--;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    open: () => open,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
