import { isatty } from "node:tty";
import { type LoggerOptions, pino } from "pino";
import { openOutput } from "./output.ts";
import { createPretty } from "./pretty.ts";
import { createRepeats } from "./repeats.ts";

export type LogFormat = "json" | "pretty";

type Options = {
  serializers?: NonNullable<LoggerOptions["serializers"]>;
  /** Default: `pretty` in a terminal, else `json`. */
  format?: LogFormat | undefined;
};

const stderr = 2;
const formats = new WeakMap<pino.Logger, LogFormat>();

/** How this log is written. Undefined if that is not known. */
export const formatOf = (log: pino.Logger): LogFormat | undefined => formats.get(log);

/** One line per happening, on stderr: stdout belongs to what a command answers. */
export function openLog(level: string, { serializers = {}, format = usualFormat() }: Options = {}): pino.Logger {
  const isRepeat = createRepeats();
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // pino would take the message of what stands under this key for the line's own.
      errorKey: "none",
      serializers,
      hooks: {
        logMethod(args, method) {
          if (!isRepeat(args[0], performance.now())) method.apply(this, args);
        },
      },
    },
    outputAs(format),
  );
  formats.set(log, format);
  return log;
}

const usualFormat = (): LogFormat => (isatty(stderr) ? "pretty" : "json");

function outputAs(format: LogFormat): { write(line: string): void } {
  const output = openOutput();
  if (format === "json") return output;
  const pretty = createPretty(process.stderr.hasColors?.() ?? false);
  return { write: (line) => output.write(pretty(line)) };
}
