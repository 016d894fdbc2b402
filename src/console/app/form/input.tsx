import { asWords } from "../parts/format.ts";
import { linesOf } from "./draft.ts";
import type { FieldProps } from "./field.tsx";
import type { Kind } from "./schema.ts";

type InputProps = FieldProps & { kind: Kind; about: { id: string; required: boolean } };

/** The control for a value of one kind. */
export function Input({ schema, value, onChange, kind, about }: InputProps) {
  const { minLength, maxLength, minimum, maximum } = schema;
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  switch (kind) {
    case "choice":
      return (
        <select
          {...about}
          value={text || String(schema.default ?? "")}
          onChange={({ currentTarget }) => onChange(currentTarget.value || undefined)}
        >
          {schema.default === undefined && <option value="">{about.required ? "Choose one" : "Not given"}</option>}
          {schema.enum?.map((choice) => (
            <option key={String(choice)} value={String(choice)}>
              {asWords(String(choice))}
            </option>
          ))}
        </select>
      );
    case "number":
      return (
        <input
          {...about}
          type="number"
          min={minimum}
          max={maximum}
          step={schema.type === "integer" ? 1 : "any"}
          value={text}
          onInput={({ currentTarget: input }) => onChange(input.value === "" ? undefined : Number(input.value))}
        />
      );
    case "lines":
      return (
        <textarea
          {...about}
          rows={2}
          value={Array.isArray(value) ? value.join("\n") : text}
          onInput={({ currentTarget }) => onChange(currentTarget.value.split("\n"))}
          onBlur={({ currentTarget }) => onChange(linesOf(currentTarget.value))}
        />
      );
    case "json":
      return <JsonInput about={about} value={value} onChange={onChange} />;
    case "long text":
      return (
        <textarea
          {...about}
          rows={3}
          minLength={minLength}
          maxLength={maxLength}
          value={text}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
    default:
      return (
        <input
          {...about}
          type="text"
          minLength={minLength}
          maxLength={maxLength}
          value={text}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
  }
}

function JsonInput({ about, value, onChange }: Pick<InputProps, "about" | "value" | "onChange">) {
  return (
    <textarea
      {...about}
      rows={4}
      class="code"
      spellcheck={false}
      defaultValue={value === undefined ? "" : JSON.stringify(value, null, 2)}
      onInput={({ currentTarget: input }) => {
        try {
          onChange(input.value.trim() === "" ? undefined : JSON.parse(input.value));
          input.setCustomValidity("");
        } catch {
          input.setCustomValidity("This is not JSON yet.");
        }
      }}
    />
  );
}
