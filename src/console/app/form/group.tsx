import { useState } from "preact/hooks";
import { asWords } from "../parts/format.ts";
import { givenOf } from "./draft.ts";
import { Field, type FieldProps } from "./field.tsx";

/** The fields of an object. One that may be left out is folded up unless the form begins with it, and asks for nothing until something is given. */
export function Group({ schema, name, pointer, value, isRequired, messages, onChange }: FieldProps) {
  const group = (value ?? {}) as Record<string, unknown>;
  const [wasGiven] = useState(() => givenOf(value) !== undefined);
  const isGiven = isRequired || givenOf(value) !== undefined;
  const fields = (
    <div class="form-grid">
      {Object.entries(schema.properties ?? {}).map(([part, partSchema]) => (
        <Field
          key={part}
          schema={partSchema}
          name={part}
          pointer={`${pointer}/${part}`}
          value={group[part]}
          isRequired={isGiven && (schema.required?.includes(part) ?? false)}
          messages={messages}
          onChange={(changed) => onChange({ ...group, [part]: changed })}
        />
      ))}
    </div>
  );
  if (isRequired)
    return (
      <fieldset class="whole">
        <legend>{asWords(name)}</legend>
        {fields}
      </fieldset>
    );
  const isRefused = [...messages.keys()].some((place) => place.startsWith(`${pointer}/`));
  return (
    <details class="whole fold" open={isRefused || wasGiven || undefined}>
      <summary>
        {asWords(name)} <span class="optional">optional</span>
      </summary>
      {fields}
    </details>
  );
}
