import { useEffect, useRef, useState } from "preact/hooks";
import { AboutType } from "../form/about-type.tsx";
import { messagesOf } from "../form/draft.ts";
import { Fields } from "../form/fields.tsx";
import { OptionsFields } from "../form/options-fields.tsx";
import type { Schema } from "../form/schema.ts";
import type { Type } from "../form/typed-page.tsx";
import { Problem } from "../parts/notice.tsx";
import { useAction } from "../state/action.ts";
import { go } from "../state/address.ts";
import { paths } from "../state/paths.ts";
import type { Draft } from "./order.ts";
import { TimesFields } from "./times-fields.tsx";

type Props = {
  type: Type;
  beginning: Draft;
  /** What the button says. */
  does: string;
  send(draft: Draft): Promise<unknown>;
};

/** The form of a schedule: when it comes, and what a job of it is given. */
export function ScheduleForm({ type, beginning, does, send }: Props) {
  const [draft, setDraft] = useState(beginning);
  const form = useRef<HTMLFormElement>(null);
  const save = useAction(async () => {
    await send(draft);
    go(paths.schedules);
  });
  const messages = messagesOf(save.error?.errors ?? []);
  useEffect(() => {
    if (save.error) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [save.error]);
  return (
    <div class="form-page">
      <form
        ref={form}
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          save.run();
        }}
      >
        <TimesFields times={draft.times} messages={messages} onChange={(times) => setDraft({ ...draft, times })} />
        <Fields
          schema={type.input as Schema}
          pointer="/input"
          draft={draft.input}
          messages={messages}
          setDraft={(input) => setDraft({ ...draft, input })}
        />
        <OptionsFields
          options={draft.options}
          messages={messages}
          onChange={(options) => setDraft({ ...draft, options })}
          isScheduled
        />
        {save.error && <Problem error={save.error} />}
        <div class="buttons">
          <button type="submit" class="button primary" disabled={save.isBusy}>
            {does}
          </button>
        </div>
      </form>
      <AboutType type={type} />
    </div>
  );
}
