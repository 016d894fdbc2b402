import type { ComponentChildren } from "preact";
import { asWords } from "../parts/format.ts";
import { Decision } from "./decision.tsx";
import { Group } from "./group.tsx";
import { Groups } from "./groups.tsx";
import { Input } from "./input.tsx";
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
  if (kind === "check" && isRequired && schema.default === undefined) return <Decision {...props} />;
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
