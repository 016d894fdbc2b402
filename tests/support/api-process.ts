import { eventually } from "./galley.ts";
import { type Run, run } from "./process.ts";

/** The API alone in a process of its own. */
export type ApiProcess = { url: string; pid: number; end(signal: "SIGKILL" | "SIGTERM"): Promise<void> };

export async function startApiProcess(databaseUrl: string, env: Record<string, string> = {}): Promise<ApiProcess> {
  const api: Run = run("src/main.ts", [], { DATABASE_URL: databaseUrl, ROLES: "api", PORT: "0", ...env });
  const said = await eventually(api.stdout, (text) => /http:\S+\s/.test(text));
  return {
    url: /http:[^\s,]+/.exec(said)?.[0] ?? "",
    pid: api.child.pid ?? 0,
    async end(signal) {
      api.child.kill(signal);
      await api.exit;
    },
  };
}
