import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { createGauges, type GaugeSources } from "../../src/telemetry/gauges.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { root } from "../support/process.ts";

const now = new Registry();
// Nothing is looked at: only their names are asked for.
createGauges(now, { db: { $client: { session: {} } } } as unknown as GaugeSources);
const families = await Registry.merge([createMetrics({ phases: [], models: [] }).registry, now]).getMetricsAsJSON();
const known = new Map(families.map(({ name, type, help }) => [name, { type: String(type), help }]));

test.each([".docker/prometheus/alerts.yml", ".docker/grafana/galley.json"])(
  "%s names only metrics that exist",
  async (path) => {
    const text = await readFile(join(root, path), "utf8");
    const named = [...text.matchAll(/\bgalley_[a-z_]+/g)].map(([name]) => name.replace(/_(bucket|count|sum)$/, ""));
    expect(named.length).toBeGreaterThan(6);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  },
);

test("the table of metrics is what the processes give", async () => {
  const text = await readFile(join(root, "src/telemetry/README.md"), "utf8");
  const rows = [...text.matchAll(/^\| `(galley_[a-z_]+)` \| (\w+) \| (.+) \|$/gm)].map(([, ...cells]) => cells);
  expect(rows).toEqual([...known].map(([name, { type, help }]) => [name, type, help]));
});

const whereInstalled = spawnSync("promtool", ["--version"]).status === 0 ? test : test.skip;

whereInstalled("promtool takes the alert rules", () => {
  const rules = join(root, ".docker/prometheus/alerts.yml");
  const { stderr, status } = spawnSync("promtool", ["check", "rules", rules], { encoding: "utf8" });
  expect([stderr, status]).toEqual(["", 0]);
});
