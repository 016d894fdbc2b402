import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { StartError } from "../errors.ts";
import { npmFlags } from "../settings/config.ts";

type Flag = { type: "string" | "boolean"; default?: string | boolean; help: string };

/** A command of the shell, as its --help shows it. */
export type Command<Flags extends Record<string, Flag>> = {
  /** Without flags, like `npm run cleanup`. */
  name: string;
  does: string;
  flags: Flags;
  /** What it can be told to do before its flags, each with a line of help: `list`, `revoke ID`. Default: nothing. */
  actions?: Record<string, string>;
  /** Words of its own choice that it takes, as its help shows them: `<type> <phase>`. Default: none. */
  words?: string;
};

type Values<Flags extends Record<string, Flag>> = {
  [Name in keyof Flags]: Flags[Name] extends { type: "boolean" }
    ? boolean
    : Flags[Name] extends { default: string }
      ? string
      : string | undefined;
};

/**
 * The flags that a command was given. Prints its help and ends the process at --help. Throws StartError for anything that
 * it does not know, before it does anything.
 */
export function readFlags<const Flags extends Record<string, Flag>>(
  command: Command<Flags>,
  args: string[] = process.argv.slice(2),
): Values<Flags> {
  return readAction(command, args).flags;
}

/** As `readFlags`, for a command with actions or words: also those that were given. */
export function readAction<const Flags extends Record<string, Flag>>(
  command: Command<Flags>,
  args: string[] = process.argv.slice(2),
): { words: string[]; flags: Values<Flags> } {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(helpOf(command));
    process.exit(0);
  }
  const options: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries(command.flags).map(([name, { type, default: value }]) => [
      name,
      { type, ...(value === undefined ? {} : { default: value }) },
    ]),
  );
  const { values, positionals: words } = parse(command, args, options);
  const swallowed = npmFlags(Object.keys(command.flags)).find(
    (name) => !args.some((arg) => arg.startsWith(`--${name}`)),
  );
  if (swallowed) {
    throw new StartError(
      `npm took --${swallowed} for itself. Write -- before it: ${command.name} -- --${swallowed} …`,
    );
  }
  const booleans = Object.entries(command.flags).filter(([, { type }]) => type === "boolean");
  requireAction(command, words);
  return {
    words,
    flags: { ...Object.fromEntries(booleans.map(([name]) => [name, false])), ...values } as Values<Flags>,
  };
}

function requireAction({ name, actions }: Command<Record<string, Flag>>, words: string[]): void {
  if (!actions) return;
  const shapes = Object.keys(actions);
  const shape = shapes.find((one) => one.split(" ")[0] === words[0]);
  if (!shape) throw new StartError(`${name}: expected ${shapes.join(" or ")}, got ${words[0] ?? "nothing"}.`);
  if (shape.split(" ").length !== words.length) {
    throw new StartError(`${name}: expected ${shape}, got ${words.join(" ")}.`);
  }
}

function parse(command: Command<Record<string, Flag>>, args: string[], options: ParseArgsOptionsConfig) {
  try {
    return parseArgs({ args, options, allowPositionals: Boolean(command.actions ?? command.words) });
  } catch (error) {
    const known = Object.keys(command.flags).map((name) => `--${name}`);
    const knows = known.length > 0 ? `It knows ${known.join(", ")} and --help.` : "It knows --help alone.";
    // Node's own advice is about positional arguments.
    const [problem = ""] = (error as Error).message.split(". ");
    throw new StartError(`${command.name}: ${problem}. ${knows}`);
  }
}

function helpOf({ name, does, flags, actions = {}, words }: Command<Record<string, Flag>>): string {
  const shown = Object.entries(flags).map(([flag, { type, default: value, help }]) => {
    const usual = value === undefined || value === false ? "" : ` (default ${value})`;
    return `  ${`--${flag}${type === "string" ? " …" : ""}`.padEnd(20)} ${help}${usual}`;
  });
  const told = Object.entries(actions).map(([action, help]) => `  ${action.padEnd(20)} ${help}`);
  const usage = [
    name,
    (words || shown.length + told.length > 0) && "--",
    words,
    told.length > 0 && "action",
    shown.length > 0 && "[flags]",
  ];
  return `${[usage.filter(Boolean).join(" "), "", does, ...(told.length > 0 ? ["", ...told] : []), ...(shown.length > 0 ? ["", ...shown] : [])].join("\n")}\n`;
}
