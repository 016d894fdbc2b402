import { useEffect, useRef, useState } from "preact/hooks";
import { AboutType } from "../form/about-type.tsx";
import { askedOf, messagesOf, noOptions } from "../form/draft.ts";
import { Fields } from "../form/fields.tsx";
import { OptionsFields } from "../form/options-fields.tsx";
import { beginningOf, type Schema } from "../form/schema.ts";
import type { Type } from "../form/typed-page.tsx";
import { Problem } from "../parts/notice.tsx";
import { useAction } from "../state/action.ts";
import { go } from "../state/address.ts";
import { paths } from "../state/paths.ts";
import { client } from "../state/session.ts";
import { TimesFields } from "./times-fields.tsx";

/** When a schedule comes, as a person gives it. */
export type Times = { cron: string; timeZone: string; missed: "once" | "skip" };

/** The form of a schedule: when it comes, and what a job of it is given. */
export function ScheduleForm({ type }: { type: Type }) {
  const schema = type.input as Schema;
  const [times, setTimes] = useState<Times>({ cron: "0 6 * * MON", timeZone: ownZone(), missed: "once" });
  const [draft, setDraft] = useState(() => beginningOf(schema));
  const [options, setOptions] = useState(noOptions);
  const form = useRef<HTMLFormElement>(null);
  const make = useAction(async () => {
    const { startAfter: _, ...asked } = askedOf(type.type, draft, options);
    await client.value.request("createSchedule", { body: { ...asked, ...times } });
    go(paths.schedules);
  });
  const messages = messagesOf(make.error?.errors ?? []);
  useEffect(() => {
    if (make.error) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [make.error]);
  return (
    <div class="form-page">
      <form
        ref={form}
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          make.run();
        }}
      >
        <TimesFields times={times} messages={messages} onChange={setTimes} />
        <Fields schema={schema} pointer="/input" {...{ draft, messages, setDraft }} />
        <OptionsFields options={options} messages={messages} onChange={setOptions} isScheduled />
        {make.error && <Problem error={make.error} />}
        <div class="buttons">
          <button type="submit" class="button primary" disabled={make.isBusy}>
            Make schedule
          </button>
        </div>
      </form>
      <AboutType type={type} />
    </div>
  );
}

const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
