import type { Body, Given } from "galley/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { asWords } from "../parts/format.ts";
import { Problem } from "../parts/notice.tsx";
import { useAction } from "../state/action.ts";
import { go } from "../state/address.ts";
import { batchPath, jobPath } from "../state/paths.ts";
import { client } from "../state/session.ts";
import { askedOf, linesOf, messagesOf, noOptions, withAt } from "./draft.ts";
import { Field } from "./field.tsx";
import { OptionsFields } from "./options-fields.tsx";
import { beginningOf, mainTextOf, type Schema } from "./schema.ts";

type Type = Body<"listTypes">["data"][number];

/** The form of a type: for one job, or for one job for each line of its main text. */
export function SubmitForm({ type: { type, description, phases, input } }: { type: Type }) {
  const schema = input as Schema;
  const main = mainTextOf(schema);
  const [draft, setDraft] = useState(() => beginningOf(schema));
  const [options, setOptions] = useState(noOptions);
  const [lines, setLines] = useState<string | null>(null);
  const idempotencyKey = useOncePer(JSON.stringify([draft, options, lines]));
  const form = useRef<HTMLFormElement>(null);

  const submit = useAction(async () => {
    if (lines === null) {
      const body = askedOf(type, draft, options);
      const { id } = await post("submitJob", body, idempotencyKey);
      go(jobPath(id));
    } else {
      const jobs = linesOf(lines).map((line) => askedOf(type, withAt(draft, main ?? [], line), options));
      const { id } = await post("submitBatch", { jobs }, idempotencyKey);
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
        <Fields schema={without(schema, lines === null ? null : main)} {...{ draft, messages, setDraft }} />
        <OptionsFields options={options} messages={messages} onChange={setOptions} />
        {submit.error && <Problem error={submit.error} />}
        <div class="buttons">
          <button type="submit" class="button primary" disabled={submit.isBusy}>
            {lines === null ? "Submit job" : `Submit ${count} ${count === 1 ? "job" : "jobs"}`}
          </button>
        </div>
      </form>
      <aside class="card" aria-labelledby="about-type">
        <h2 id="about-type">{asWords(type)}</h2>
        <p>{description}</p>
        <ol class="numbered">
          {phases.map((phase) => (
            <li key={phase}>{asWords(phase)}</li>
          ))}
        </ol>
      </aside>
    </div>
  );
}

type FieldsProps = {
  schema: Schema;
  draft: unknown;
  messages: ReadonlyMap<string, string>;
  setDraft(draft: unknown): void;
};

function Fields({ schema, draft, messages, setDraft }: FieldsProps) {
  const value = (draft ?? {}) as Record<string, unknown>;
  return (
    <div class="form-grid">
      {Object.entries(schema.properties ?? {}).map(([name, part]) => (
        <Field
          key={name}
          schema={part}
          name={name}
          pointer={`/input/${name}`}
          value={value[name]}
          isRequired={schema.required?.includes(name) ?? false}
          messages={messages}
          onChange={(changed) => setDraft({ ...value, [name]: changed })}
        />
      ))}
    </div>
  );
}

/** The schema without one of its texts, which is given elsewhere. */
function without(schema: Schema, path: readonly string[] | null): Schema {
  const [name, ...rest] = path ?? [];
  if (name === undefined || !schema.properties) return schema;
  const { [name]: part, ...others } = schema.properties;
  if (rest.length === 0 || !part) return { ...schema, properties: others };
  return { ...schema, properties: { [name]: without(part, rest), ...others } };
}

async function post<Id extends "submitJob" | "submitBatch">(
  id: Id,
  body: unknown,
  key: string,
): Promise<{ id: string }> {
  const given = { body, headers: { "idempotency-key": key } } as Given<Id>;
  return (await client.value.request(id, given)).body as { id: string };
}

/** A name for what is about to be submitted: the same one as long as that is the same, so that two clicks make one job. */
function useOncePer(what: string): string {
  const named = useRef({ what, key: newKey() });
  if (named.current.what !== what) named.current = { what, key: newKey() };
  return named.current.key;
}

// `randomUUID` is missing where a page has come over plain HTTP.
const newKey = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");
