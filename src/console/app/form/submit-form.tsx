import { useEffect, useRef, useState } from "preact/hooks";
import { asWords } from "../parts/format.ts";
import { Problem } from "../parts/notice.tsx";
import { useAction } from "../state/action.ts";
import { go } from "../state/address.ts";
import { batchPath, jobPath } from "../state/paths.ts";
import { AboutType } from "./about-type.tsx";
import { askedBatchOf, askedOf, linesOf, messagesOf, noOptions, withAt } from "./draft.ts";
import { Fields } from "./fields.tsx";
import { OptionsFields } from "./options-fields.tsx";
import { beginningOf, mainTextOf, type Schema, without } from "./schema.ts";
import { post, useOncePer } from "./submission.ts";
import type { Type } from "./typed-page.tsx";

/** The form of a type: for one job, or for one job for each line of its main text. */
export function SubmitForm({ type }: { type: Type }) {
  const schema = type.input as Schema;
  const main = mainTextOf(schema);
  const [draft, setDraft] = useState(() => beginningOf(schema));
  const [options, setOptions] = useState(noOptions);
  const [lines, setLines] = useState<string | null>(null);
  const idempotencyKey = useOncePer(JSON.stringify([draft, options, lines]));
  const form = useRef<HTMLFormElement>(null);

  const submit = useAction(async () => {
    if (lines === null) {
      const body = askedOf(type.type, draft, options);
      const { id } = await post("submitJob", body, idempotencyKey);
      go(jobPath(id));
    } else {
      const drafts = linesOf(lines).map((line) => withAt(draft, main ?? [], line));
      const { id } = await post("submitBatch", askedBatchOf(type.type, drafts, options), idempotencyKey);
      go(batchPath(id));
    }
  });
  const messages = messagesOf(submit.error?.errors ?? []);
  useEffect(() => {
    if (submit.error) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [submit.error]);

  const count = lines === null ? 1 : linesOf(lines).length;
  return (
    <div class="form-page">
      <form
        ref={form}
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          submit.run();
        }}
      >
        {main && (
          <label class="several">
            <input
              type="checkbox"
              checked={lines !== null}
              onChange={({ currentTarget }) => setLines(currentTarget.checked ? "" : null)}
            />
            Several jobs at once, as a batch
          </label>
        )}
        {main && lines !== null && (
          <div class="field">
            <label for="lines">{asWords(main.at(-1) ?? "")} of each job</label>
            <textarea
              id="lines"
              rows={6}
              required
              aria-describedby="lines-about"
              value={lines}
              onInput={({ currentTarget }) => setLines(currentTarget.value)}
            />
            <p id="lines-about" class="hint">
              One a line, up to 1,000. All of them share what else is given here.
            </p>
          </div>
        )}
        <Fields
          schema={without(schema, lines === null ? null : main)}
          pointer="/input"
          {...{ draft, messages, setDraft }}
        />
        <OptionsFields options={options} messages={messages} onChange={setOptions} />
        {submit.error && <Problem error={submit.error} />}
        <div class="buttons">
          <button type="submit" class="button primary" disabled={submit.isBusy}>
            {lines === null ? "Submit job" : `Submit ${count} ${count === 1 ? "job" : "jobs"}`}
          </button>
        </div>
      </form>
      <AboutType type={type} />
    </div>
  );
}
