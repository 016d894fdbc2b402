import { expect, test } from "@jest/globals";
import { startTestGalley } from "../support/galley.ts";
import { sendRaw } from "../support/raw-http.ts";
import { relay } from "../support/types.ts";

test.each([
  ["65 seconds", {}, 65],
  ["a second, if that is set", { KEEP_ALIVE_SECONDS: "1" }, 1],
  ["an hour, if that is set", { KEEP_ALIVE_SECONDS: "3600" }, 3600],
])("an idle connection stays open for %s", async (_name, env, seconds) => {
  const galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api", ...env } });
  try {
    const request = (connection: string) =>
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: ${connection}\r\n\r\n`;
    const { answer } = await sendRaw(galley.url, request("keep-alive") + request("close"));
    expect(answer).toMatch(new RegExp(`^Keep-Alive: timeout=${seconds}\r$`, "m"));
  } finally {
    await galley.close();
  }
});
