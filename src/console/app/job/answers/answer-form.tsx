import type { Body } from "galley/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { givenOf, messagesOf } from "../../form/draft.ts";
import { Fields } from "../../form/fields.tsx";
import { beginningOf, requiredFirst, type Schema } from "../../form/schema.ts";
import { asWords } from "../../parts/format.ts";
import { Problem } from "../../parts/notice.tsx";
import { Ago } from "../../parts/time.tsx";
import { useAction } from "../../state/action.ts";
import { client } from "../../state/session.ts";

type Asked = Body<"listAnswers">["data"][number];
type Props = { jobId: string; asked: Asked; onGiven: () => void };

/** Asks a person what a phase wants to know, by a form that is made from the schema of the answer. */
export function AnswerForm({ jobId, asked, onGiven }: Props) {
  const { name, question, content, until, refusal } = asked;
  const schema = requiredFirst(asked.schema as Schema);
  const [draft, setDraft] = useState(() => beginningOf(schema));
  const form = useRef<HTMLFormElement>(null);
  const give = useAction(async () => {
    const body = (givenOf(draft) ?? {}) as Record<string, unknown>;
    await client.value.request("giveAnswer", { params: { id: jobId, name }, body });
    onGiven();
  });
  useEffect(() => {
    if (give.error) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [give.error]);
  const title = `asked-${name}`;
  return (
    <form
      ref={form}
      class="card asked"
      aria-labelledby={title}
      onSubmit={(event) => {
        event.preventDefault();
        give.run();
      }}
    >
      <h2 id={title}>{question ?? `An answer is needed: ${asWords(name).toLowerCase()}`}</h2>
      {content !== null && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section class="prose judged" tabIndex={0} aria-label="What it is about">
          <p>{content}</p>
        </section>
      )}
      {refusal !== null && <p class="field-error">The answer before was not taken: {refusal}</p>}
      <Fields
        schema={schema}
        pointer=""
        draft={draft}
        messages={messagesOf(give.error?.errors ?? [])}
        setDraft={setDraft}
      />
      {give.error && <Problem error={give.error} />}
      <div class="answer-foot">
        <p class="hint">
          Without an answer the job goes on by itself <Ago time={until} />.
        </p>
        <button type="submit" class="button primary" disabled={give.isBusy}>
          Send answer
        </button>
      </div>
    </form>
  );
}
