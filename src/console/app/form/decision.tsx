import { asWords } from "../parts/format.ts";
import type { FieldProps } from "./field.tsx";

const choices = [
  ["Yes", true],
  ["No", false],
] as const;

/** A yes or no that must be given: an empty box would say no for who has not looked at it. */
export function Decision({ schema, name, pointer, value, messages, onChange }: FieldProps) {
  const message = messages.get(pointer);
  return (
    <fieldset class="field whole" aria-describedby={`${pointer}-about`}>
      <legend class="legend">{asWords(name)}</legend>
      <div class="choices">
        {choices.map(([word, choice]) => (
          <label key={word} class="choice">
            <input
              type="radio"
              name={pointer}
              required
              checked={value === choice}
              aria-invalid={message === undefined ? undefined : true}
              onChange={() => onChange(choice)}
            />
            {word}
          </label>
        ))}
      </div>
      <p id={`${pointer}-about`} class={message === undefined ? "hint" : "field-error"}>
        {message ?? schema.description}
      </p>
    </fieldset>
  );
}
