import { createRequire } from "node:module";
import type * as Pretty from "pino-pretty";

type Line = Record<string, unknown> & { err?: { name?: string; message?: string; stack?: string[] } };

/** Makes a line of the log one for people: time, level, event, facts, and below them where an error came from. */
export function createPretty(hasColours: boolean): (json: string) => string {
  // Only a terminal pays for it.
  const { prettyFactory } = createRequire(import.meta.url)("pino-pretty") as typeof Pretty;
  return prettyFactory({
    colorize: hasColours,
    translateTime: "SYS:HH:MM:ss.l",
    hideObject: true,
    // Under this name it prints a line's origin, and a handler's event has one too.
    ignore: "name",
    messageFormat: (given, _key, _level, { colors }) => {
      const { level: _, time: __, event, err, ...facts } = given as Line;
      const told = Object.entries(facts).map(([name, fact]) => ` ${colors.gray(`${name}=`)}${shown(fact)}`);
      const error = err
        ? `\n    ${[`${err.name}: ${plain(err.message)}`, ...(err.stack ?? [])].join("\n      ")}`
        : "";
      return `${String(event)}${told.join("")}${error}`;
    },
  });
}

/** What has spaces or signs that a terminal would obey stands in quotes. */
function shown(fact: unknown): string {
  if (Array.isArray(fact)) return fact.map(shown).join(",");
  const isPlain = typeof fact === "string" && /^[\w.:/@+-]+$/.test(fact);
  return isPlain ? fact : plain(JSON.stringify(fact));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const plain = (text = ""): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
