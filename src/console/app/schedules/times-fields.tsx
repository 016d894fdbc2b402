import { cronWords } from "./cron.ts";
import type { Times } from "./order.ts";

type Props = { times: Times; messages: ReadonlyMap<string, string>; onChange(times: Times): void };

/** When a schedule comes: a cron, which is said in words as it is typed, and the clock that it goes by. */
export function TimesFields({ times, messages, onChange }: Props) {
  const field = (name: "cron" | "timeZone", label: string, hint: string, list?: string) => {
    const message = messages.get(`/${name}`);
    return (
      <div class="field">
        <label for={`/${name}`}>{label}</label>
        <input
          id={`/${name}`}
          required
          autocomplete="off"
          spellcheck={false}
          list={list}
          value={times[name]}
          aria-invalid={message === undefined ? undefined : true}
          aria-describedby={`/${name}-about`}
          onInput={({ currentTarget }) => onChange({ ...times, [name]: currentTarget.value })}
        />
        <p id={`/${name}-about`} class={message === undefined ? "hint" : "field-error"}>
          {message ?? hint}
        </p>
      </div>
    );
  };
  return (
    <div class="form-grid">
      {field("cron", "Cron", cronWords(times.cron))}
      {field("timeZone", "Time zone", "Whose clock it goes by", "time-zones")}
      <datalist id="time-zones">
        {zones.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      <div class="field">
        <label for="/missed">If no worker was there in time</label>
        <select
          id="/missed"
          value={times.missed}
          onChange={({ currentTarget }) => onChange({ ...times, missed: currentTarget.value as Times["missed"] })}
        >
          <option value="once">One job for all that was missed</option>
          <option value="skip">Nothing</option>
        </select>
      </div>
    </div>
  );
}

const zones = ["UTC", ...Intl.supportedValuesOf("timeZone")];
