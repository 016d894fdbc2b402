import { asWords } from "../parts/format.ts";
import { Field, type FieldProps } from "./field.tsx";

/** A list of objects: each with its fields, as many as one adds. */
export function Groups({ schema, name, pointer, value, messages, onChange }: FieldProps) {
  const groups = Array.isArray(value) ? value : [];
  const word = asWords(name);
  const { items } = schema;
  if (!items) return null;
  return (
    <details class="whole fold" open={groups.length > 0 || undefined}>
      <summary>
        {word} <span class="optional">{groups.length > 0 ? groups.length : "optional"}</span>
      </summary>
      {groups.map((group, index) => (
        <fieldset key={index} class="entry">
          <legend>
            {word} {index + 1}
          </legend>
          <div class="form-grid">
            {Object.entries(items.properties ?? {}).map(([part, partSchema]) => (
              <Field
                key={part}
                schema={partSchema}
                name={part}
                pointer={`${pointer}/${index}/${part}`}
                value={group[part]}
                isRequired={items.required?.includes(part) ?? false}
                messages={messages}
                onChange={(changed) => onChange(groups.with(index, { ...group, [part]: changed }))}
              />
            ))}
          </div>
          <button type="button" class="button quiet" onClick={() => onChange(groups.toSpliced(index, 1))}>
            Remove
            <span class="hidden">
              {word} {index + 1}
            </span>
          </button>
        </fieldset>
      ))}
      <button
        type="button"
        class="button"
        disabled={groups.length >= (schema.maxItems ?? Number.POSITIVE_INFINITY)}
        onClick={() => onChange([...groups, {}])}
      >
        Add to {word.toLowerCase()}
      </button>
    </details>
  );
}
