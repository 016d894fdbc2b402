import { runCommand } from "../../src/command/command.ts";
import { readFlags } from "../../src/command/flags.ts";
import { adoptOrigin } from "../../src/db/adopt/adopt.ts";
import { withDatabase } from "../../src/db/reach.ts";
import { readConfig } from "../../src/settings/config.ts";

await runCommand(async () => {
  const dryRun = readArguments();
  const { from, movedTo, topics, articles, jobs } = await withDatabase(readConfig(), (url, place) =>
    adoptOrigin(url, place, { dryRun }),
  );
  const would = (verb: string, done: string) => (dryRun ? `Would ${verb}` : done);
  const lines = [
    `${would("take", "Took")} over ${topics.taken} topics, ${articles.taken} articles and ${jobs.taken} jobs from the schema ${from}.`,
    ...(jobs.interrupted
      ? [`${jobs.interrupted} of the jobs had not ended: they have failed as worker_lost.`]
      : []),
    ...(topics.left + articles.left + jobs.left
      ? [
          `${would("leave", "Left")} ${topics.left} topics, ${articles.left} articles and ${jobs.left} jobs: without a title or slug, or with an id or slug that is taken.`,
        ]
      : []),
    ...(movedTo ? [`${would("move", "Moved")} the old tables to the schema ${movedTo}.`] : []),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
});

function readArguments(): boolean {
  return readFlags({
    name: "npm run db:adopt",
    does: "Takes over the topics, articles and jobs of the system that Galley replaces.",
    flags: { "dry-run": { type: "boolean", help: "only says what it would take" } },
  })["dry-run"];
}
