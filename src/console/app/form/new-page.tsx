import { Empty, Loading, Problem } from "../parts/notice.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { address, go, withSearch } from "../state/address.ts";
import { useAnswer } from "../state/answer.ts";
import { client } from "../state/session.ts";
import { SubmitForm } from "./submit-form.tsx";

/** Submits a job of any type, by a form that is made from the schema of the type's input. */
export function NewPage() {
  const { value, error, reload } = useAnswer((signal) => client.value.types.list({ signal }), []);
  const types = value?.data ?? [];
  const asked = address.value.searchParams.get("type");
  const type = types.find((one) => one.type === asked) ?? types[0];
  return (
    <>
      <header class="page-head">
        <PageTitle>New job</PageTitle>
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
          <SubmitForm key={type.type} type={type} />
        </>
      )}
    </>
  );
}
