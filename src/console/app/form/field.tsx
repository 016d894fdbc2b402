import type { ComponentChildren } from "preact";
import { asWords } from "../parts/format.ts";
import { givenOf, linesOf } from "./draft.ts";
import { Groups } from "./groups.tsx";
import { kindOf, type Schema } from "./schema.ts";

export type FieldProps = {
  schema: Schema;
  name: string;
  /** Where the value stands in what is sent, as a JSON pointer. */
  pointer: string;
  value: unknown;
  isRequired: boolean;
  /** What the service said of each place, by its pointer. */
  messages: ReadonlyMap<string, string>;
  onChange(value: unknown): void;
};

/** The field or fields for a value of a JSON Schema. */
export function Field(props: FieldProps) {
  const { schema, name, pointer, value, isRequired, messages, onChange } = props;
  const kind = kindOf(schema);
  if (kind === "group") return <Group {...props} />;
  if (kind === "groups") return <Groups {...props} />;
  const message = messages.get(pointer);
  const hint = schema.description ?? hints[kind];
  const about = {
    id: pointer,
    required: isRequired,
    "aria-invalid": message === undefined ? undefined : true,
    "aria-describedby": `${pointer}-about`,
  };
  if (kind === "check")
    return (
      <div class="field check">
        <input
          {...about}
          required={false}
          type="checkbox"
          checked={value === true}
          onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        />
        <label for={pointer}>{asWords(name)}</label>
        <About pointer={pointer} hint={hint} message={message} />
      </div>
    );
  return (
    <div class={isWide(schema, isRequired) ? "field whole" : "field"}>
      <label for={pointer}>
        {asWords(name)}
        {!isRequired && <span class="optional"> optional</span>}
      </label>
      <Input {...props} kind={kind} about={about} />
      <About pointer={pointer} hint={hint} message={message} />
    </div>
  );
}

/** Whether it has a line of its own: what is long, and the sentence that a type cannot do without. */
function isWide(schema: Schema, isRequired: boolean): boolean {
  const kind = kindOf(schema);
  if (kind === "text") return isRequired && (schema.maxLength ?? 200) >= 200;
  return kind !== "number" && kind !== "choice";
}

const hints: Partial<Record<string, string>> = { lines: "One a line", json: "As JSON" };

type AboutProps = { pointer: string; hint: string | undefined; message: string | undefined };

const About = ({ pointer, hint, message }: AboutProps): ComponentChildren => (
  <p id={`${pointer}-about`} class={message === undefined ? "hint" : "field-error"}>
    {message ?? hint}
  </p>
);

type InputProps = FieldProps & { kind: string; about: { id: string; required: boolean } };

function Input({ schema, value, onChange, kind, about }: InputProps) {
  const { minLength, maxLength, minimum, maximum } = schema;
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  switch (kind) {
    case "choice":
      return (
        <select
          {...about}
          value={text}
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

/** The fields of an object. One that may be left out is folded up, and asks for nothing until something is given. */
function Group({ schema, name, pointer, value, isRequired, messages, onChange }: FieldProps) {
  const group = (value ?? {}) as Record<string, unknown>;
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
    <details class="whole fold" open={isRefused || undefined}>
      <summary>
        {asWords(name)} <span class="optional">optional</span>
      </summary>
      {fields}
    </details>
  );
}
