import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../parts/icons.tsx";
import { Links } from "../parts/links.tsx";
import { statusWords } from "../parts/status.tsx";
import { address, go, withSearch } from "../state/address.ts";
import { useAnswer } from "../state/answer.ts";
import { batchPath } from "../state/paths.ts";
import { client } from "../state/session.ts";

/** What of the list is shown. It stands in the address, so that a link shows the same. */
export function Filters() {
  const { searchParams } = address.value;
  const types = useAnswer((signal) => client.value.types.list({ signal }), []);
  const status = searchParams.get("status") ?? "";
  return (
    <search class="filters">
      <Narrowed />
      <Links class="tabs" label="Status">
        {[["", "All"], ...Object.entries(statusWords)].map(([value = "", word]) => (
          <a key={value} href={withSearch({ status: value })} aria-current={status === value ? "page" : undefined}>
            {word}
          </a>
        ))}
      </Links>
      <div class="fields">
        <TypedFilter name="q" label="Text or id" icon={<Icon name="search" />} />
        <TypedFilter name="tag" label="Tag" />
        <div class="field">
          <label for="filter-type">Type</label>
          <select
            id="filter-type"
            value={searchParams.get("type") ?? ""}
            onChange={({ currentTarget }) => go(withSearch({ type: currentTarget.value }), { replace: true })}
          >
            <option value="">All types</option>
            {types.value?.data.map(({ type }) => (
              <option key={type} value={type}>
                {type}
              </option>
            ))}
          </select>
        </div>
      </div>
    </search>
  );
}

/** Says that only the jobs of one batch or schedule are shown: no field says so. */
function Narrowed() {
  const { searchParams } = address.value;
  const batchId = searchParams.get("batchId");
  if (batchId === null && searchParams.get("scheduleId") === null) return null;
  return (
    <p class="narrowed">
      Only jobs of {batchId === null ? "one schedule" : <a href={batchPath(batchId)}>one batch</a>}.{" "}
      <a href={withSearch({ batchId: "", scheduleId: "" })}>Show those of all</a>
    </p>
  );
}

const pauseMs = 300;

/** A filter by what is typed: it is asked for when typing pauses. */
function TypedFilter({ name, label, icon }: { name: string; label: string; icon?: ComponentChildren }) {
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const asked = address.value.searchParams.get(name) ?? "";

  useEffect(() => {
    // A link or the browser's own back may change it; what is being typed stays.
    if (input.current && document.activeElement !== input.current) input.current.value = asked;
  }, [asked]);
  useEffect(() => () => clearTimeout(timer.current), []);

  return (
    <div class={icon ? "field wide" : "field"}>
      <label for={`filter-${name}`}>{label}</label>
      {icon}
      <input
        id={`filter-${name}`}
        ref={input}
        type="search"
        autocomplete="off"
        spellcheck={false}
        maxLength={100}
        defaultValue={asked}
        onInput={({ currentTarget }) => {
          clearTimeout(timer.current);
          timer.current = setTimeout(
            () => go(withSearch({ [name]: currentTarget.value.trim() }), { replace: true }),
            pauseMs,
          );
        }}
      />
    </div>
  );
}
