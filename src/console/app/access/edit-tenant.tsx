import { useState } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";
import { Problem } from "../parts/notice.tsx";
import { useAction } from "../state/action.ts";
import { client } from "../state/session.ts";
import type { Tenant } from "./tenants.tsx";

type Props = { of: Tenant; onChange: () => void; onClose: () => void };

/** Sets what a tenant may use, and gets as its share. What is left empty is no limit. */
export function EditTenant({ of, onChange, onClose }: Props) {
  const [draft, setDraft] = useState({
    dailyBudgetUsd: short(of.dailyBudgetUsd),
    weight: String(of.weight),
    maxRunning: of.maxRunning === null ? "" : String(of.maxRunning),
  });
  const save = useAction(async () => {
    await client.value.request("updateTenant", {
      params: { tenant: of.tenant },
      body: {
        dailyBudgetUsd: draft.dailyBudgetUsd.trim() || null,
        weight: Number(draft.weight),
        maxRunning: draft.maxRunning === "" ? null : Number(draft.maxRunning),
      },
    });
    onClose();
    onChange();
  });
  const messages = new Map(save.error?.errors.map(({ pointer, message }) => [pointer.slice(1), message]));
  return (
    <Dialog title={of.tenant} does="Save" isBusy={save.isBusy} onClose={onClose} onSubmit={save.run}>
      {fields.map(({ name, label, hint, ...more }) => {
        const message = messages.get(name);
        return (
          <div key={name} class="field">
            <label for={`tenant-${name}`}>{label}</label>
            <input
              id={`tenant-${name}`}
              autocomplete="off"
              {...more}
              value={draft[name]}
              aria-invalid={message === undefined ? undefined : true}
              aria-describedby={`tenant-${name}-about`}
              onInput={({ currentTarget }) => setDraft({ ...draft, [name]: currentTarget.value })}
            />
            <p id={`tenant-${name}-about`} class={message === undefined ? "hint" : "field-error"}>
              {message ?? hint}
            </p>
          </div>
        );
      })}
      {save.error && messages.size === 0 && <Problem error={save.error} />}
    </Dialog>
  );
}

const fields = [
  {
    name: "dailyBudgetUsd",
    label: "Daily budget in USD",
    hint: "From one midnight UTC to the next; empty: no limit",
    inputMode: "decimal",
  },
  {
    name: "weight",
    label: "Weight",
    hint: "Turns for another tenant's one, for jobs submitted from now on",
    type: "number",
    min: 1,
    max: 100,
    required: true,
  },
  {
    name: "maxRunning",
    label: "Jobs at once",
    hint: "Empty: no limit",
    type: "number",
    min: 0,
    max: 999_999,
  },
] as const;

/** An amount without the zeros that end its 12 decimals. */
const short = (usd: string | null): string => (usd ?? "").replace(/\.?0+$/, "");
