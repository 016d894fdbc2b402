import { Field } from "./field.tsx";
import type { Schema } from "./schema.ts";

type Props = {
  /** Of an object. */
  schema: Schema;
  /** Where the object stands in what is sent, as a JSON pointer: the empty text for all of it. */
  pointer: string;
  draft: unknown;
  messages: ReadonlyMap<string, string>;
  setDraft(draft: unknown): void;
};

/** The fields of what is sent. */
export function Fields({ schema, pointer, draft, messages, setDraft }: Props) {
  const value = (draft ?? {}) as Record<string, unknown>;
  return (
    <div class="form-grid">
      {Object.entries(schema.properties ?? {}).map(([name, part]) => (
        <Field
          key={name}
          schema={part}
          name={name}
          pointer={`${pointer}/${name}`}
          value={value[name]}
          isRequired={schema.required?.includes(name) ?? false}
          messages={messages}
          onChange={(changed) => setDraft({ ...value, [name]: changed })}
        />
      ))}
    </div>
  );
}
