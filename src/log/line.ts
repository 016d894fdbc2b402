import { type LoggerOptions, pino } from "pino";
import { openOutput } from "./output.ts";
import { createRepeats } from "./repeats.ts";

/** One JSON line per happening, on stderr: stdout belongs to what a command answers. */
export function openLog(level: string, serializers: NonNullable<LoggerOptions["serializers"]> = {}): pino.Logger {
  const isRepeat = createRepeats();
  return pino(
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
    openOutput(),
  );
}
