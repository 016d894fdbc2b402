import { fileURLToPath } from "node:url";
import { faultOf } from "../../demo/fault.ts";
import { type DemoModel, startDemoModel } from "../../demo/server.ts";
import { cutToTokens } from "../../demo/tokens.ts";
import { type Call, type Script, sentOf } from "./script.ts";

export type ScriptedServer = DemoModel & {
  /** Settings that make Galley use it. */
  env: Record<string, string>;
  /** What it was asked, the oldest first. */
  asked: Call[];
  /** Throws what the script has thrown, if it has. */
  check(): void;
};

/** A model that answers by a script, over HTTP and at a price. */
export async function startScriptedServer(script: Script): Promise<ScriptedServer> {
  const asked: Call[] = [];
  const thrown: unknown[] = [];
  const server = await startDemoModel({
    async answer({ system, user, schema, schemaName: name, maxOutputTokens }) {
      const call = { number: asked.length + 1, system, user, schema, name, maxOutputTokens: maxOutputTokens ?? 0 };
      asked.push(call);
      try {
        const sent = sentOf(await script(call));
        if ("fault" in sent) return faultOf(sent.fault);
        return sent.pieces ?? cutToTokens(sent.text, Number.POSITIVE_INFINITY).chunks;
      } catch (error) {
        thrown.push(error);
        throw error;
      }
    },
  });
  return {
    ...server,
    env: { OPENAI_BASE_URL: server.baseURL, OPENAI_MODEL: "demo-1", PRICES_FILE: priceFile },
    asked,
    check() {
      if (thrown.length > 0) throw thrown[0];
    },
  };
}

/** A price for the demo model on loopback: without one every sum in the ledger would be null, and equal to any other. */
export const priceFile = fileURLToPath(new URL("prices.json", import.meta.url));
