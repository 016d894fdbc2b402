import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { run } from "../support/process.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(() => database.query("delete from schedules"));
afterAll(() => database.drop());

async function schedules(...args: string[]) {
  const { child, exit, stdout, stderr } = run("scripts/schedules.ts", args, { DATABASE_URL: database.url });
  await once(child, "close");
  return { exit: await exit, stdout: stdout(), stderr: stderr() };
}
const input = JSON.stringify({ topic: { title: "What is in season" } });
const add = (...more: string[]) =>
  schedules("add", "--type", "article", "--input", input, "--cron", "30 6 * * MON", ...more);
const stored = async () => (await database.query("select * from schedules")).rows;

test("a schedule is added, listed, previewed, paused, resumed and removed", async () => {
  expect((await schedules("list")).stdout).toBe("There are no schedules.\n");
  const added = await add("--time-zone", "Europe/Berlin", "--tenant", "acme", "--tags", "weekly,fruit");
  const shape =
    /^([0-9a-f-]{36}): acme, article at "30 6 \* \* MON" Europe\/Berlin, next \S+T06:30:00\+0[12]:00, never run\n$/;
  const [, id = ""] = shape.exec(added.stdout) ?? [];
  expect(added).toMatchObject({ exit: 0, stderr: "" });
  expect(id).not.toBe("");
  expect(await stored()).toMatchObject([{ tenant: "acme", missed: "once", tags: ["weekly", "fruit"] }]);
  expect((await schedules("list")).stdout).toBe(added.stdout);
  expect((await schedules("list", "--tenant", "other")).stdout).toBe("There are no schedules.\n");
  expect((await schedules("next", id)).stdout.split("\n").filter(Boolean)).toHaveLength(5);
  expect((await schedules("pause", id)).stdout).toContain(", paused, never run");
  expect((await schedules("resume", id)).stdout).toBe(added.stdout);
  expect(await schedules("remove", id)).toEqual({ exit: 0, stdout: `Removed ${id}.\n`, stderr: "" });
  expect(await schedules("remove", id)).toEqual({ exit: 1, stdout: "", stderr: `There is no schedule ${id}.\n` });
}, 60_000);

test("a schedule whose zone is known no more is listed, and says so when it is resumed", async () => {
  const [, id = ""] = /^(\S+):/.exec((await add("--paused")).stdout) ?? [];
  await database.query("update schedules set time_zone = 'Europe/Atlantis'");
  expect((await schedules("list")).stdout).toContain('at "30 6 * * MON" Europe/Atlantis, paused, never run');
  expect(await schedules("resume", id)).toEqual({
    exit: 1,
    stdout: "",
    stderr: expect.stringContaining('got "Europe/Atlantis"'),
  });
});

test("all that is wrong with a schedule is said by its flags, and nothing is added", async () => {
  const refused = await add("--cron", "30 6 * *", "--time-zone", "UTC+2", "--input", '{"topic":{}}');
  expect(refused).toMatchObject({ exit: 1, stdout: "" });
  expect(refused.stderr.split("\n")).toEqual([
    expect.stringMatching(/^--cron: expected five fields .*, got 4: "30 6 \* \*"$/),
    '--time-zone: expected a time zone like "Europe/Berlin" or "UTC", got "UTC+2"',
    expect.stringMatching(/^--input \/topic\/title: /),
    "",
  ]);
  expect(await stored()).toEqual([]);
});

test.each([
  [["add", "--type", "article"], "add needs --type, --input and --cron.\n"],
  [["list", "--cron", "* * * * *"], "Only add takes more than --tenant.\n"],
  [["pause", "1", "--tenant", "acme"], "--tenant goes with list and add.\n"],
  [
    ["stop"],
    "npm run schedules: expected list or add or next ID or pause ID or resume ID or remove ID, got stop.\n",
  ],
])("schedules %j says what it expected", async (args, stderr) => {
  expect(await schedules(...args)).toEqual({ exit: 1, stdout: "", stderr });
});

test("an input that is no JSON, or a file that is not there, is said", async () => {
  expect((await add("--input", "{")).stderr).toMatch(/^--input takes JSON, or @ and the name of a file with it: /);
  expect((await add("--input", "@nowhere.json")).stderr).toMatch(/^--input takes JSON, .*ENOENT/);
});
