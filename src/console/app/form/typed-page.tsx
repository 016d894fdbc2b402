import type { Body } from "galley/client";
import type { ComponentChildren } from "preact";
import { Empty, Loading, Problem } from "../parts/notice.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { address, go, withSearch } from "../state/address.ts";
import { useAnswer } from "../state/answer.ts";
import { client } from "../state/session.ts";

export type Type = Body<"listTypes">["data"][number];

/** A page that makes something of one type of job, which is chosen in it. */
export function TypedPage({ title, children }: { title: string; children: (type: Type) => ComponentChildren }) {
  const { value, error, reload } = useAnswer((signal) => client.value.types.list({ signal }), []);
  const types = value?.data ?? [];
  const asked = address.value.searchParams.get("type");
  const type = types.find((one) => one.type === asked) ?? types[0];
  return (
    <>
      <header class="page-head">
        <PageTitle>{title}</PageTitle>
      </header>
      {error && <Problem error={error} onRetry={reload} />}
      {!value && !error && <Loading what="the types of jobs" lines={6} />}
      {value && types.length === 0 && <Empty title="This service has no types of jobs" />}
      {type && (
        <>
          {types.length > 1 && (
            <div class="field type-choice">
              <label for="new-type">Type</label>
              <select
                id="new-type"
                value={type.type}
                onChange={({ currentTarget }) => go(withSearch({ type: currentTarget.value }), { replace: true })}
              >
                {types.map((one) => (
                  <option key={one.type} value={one.type}>
                    {one.type}
                  </option>
                ))}
              </select>
            </div>
          )}
          {children(type)}
        </>
      )}
    </>
  );
}
