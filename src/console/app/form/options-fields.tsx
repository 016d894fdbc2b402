import { useState } from "preact/hooks";
import type { Options } from "./draft.ts";

type Props = {
  options: Options;
  messages: ReadonlyMap<string, string>;
  /** A schedule says itself when its jobs begin. */
  isScheduled?: boolean;
  onChange(options: Options): void;
};

const fields = [
  { name: "tags", label: "Tags", hint: "With commas between; jobs are found by them", more: {} },
  {
    name: "maxCostUsd",
    label: "Budget in USD",
    hint: "The job stops before it would cost more",
    more: { inputMode: "decimal" },
  },
  {
    name: "priority",
    label: "Priority",
    hint: "From -100 to 100; 0 unless given",
    more: { type: "number", min: -100, max: 100 },
  },
  { name: "startAfter", label: "Not before", hint: "In your own time zone", more: { type: "datetime-local" } },
] as const;

/** What may be said of a job beside its input. */
export function OptionsFields({ options, messages, isScheduled = false, onChange }: Props) {
  const shown = isScheduled ? fields.filter(({ name }) => name !== "startAfter") : fields;
  const [wasGiven] = useState(() => fields.some(({ name }) => options[name] !== ""));
  return (
    <details class="fold" open={wasGiven || undefined}>
      <summary>
        Tags, budget, priority{!isScheduled && ", start"} <span class="optional">optional</span>
      </summary>
      <div class="form-grid">
        {shown.map(({ name, label, hint, more }) => {
          const message = messages.get(`/${name}`);
          return (
            <div key={name} class="field">
              <label for={`/${name}`}>{label}</label>
              <input
                id={`/${name}`}
                type="text"
                {...more}
                value={options[name]}
                aria-invalid={message === undefined ? undefined : true}
                aria-describedby={`/${name}-about`}
                onInput={({ currentTarget }) => onChange({ ...options, [name]: currentTarget.value })}
              />
              <p id={`/${name}-about`} class={message === undefined ? "hint" : "field-error"}>
                {message ?? hint}
              </p>
            </div>
          );
        })}
      </div>
    </details>
  );
}
