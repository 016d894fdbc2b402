import { ExportResultCode } from "@opentelemetry/core";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import { reasonOf } from "../../db/failures.ts";
import type { Log } from "../../log/log.ts";

/** An exporter whose log has one line when the collector does not take spans any more, and one when it does again. */
export function sayingWhenAway(exporter: SpanExporter, log: Log): SpanExporter {
  let isAway = false;
  return {
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
    export(spans, done) {
      exporter.export(spans, ({ code, error }) => {
        const hasFailed = code !== ExportResultCode.SUCCESS;
        if (hasFailed && !isAway) log.warn({ event: "traces_lost", reason: reasonOf(error) });
        if (!hasFailed && isAway) log.info({ event: "traces_sent_again" });
        isAway = hasFailed;
        // The library would write a line of its own for each try.
        done({ code: ExportResultCode.SUCCESS });
      });
    },
  };
}
