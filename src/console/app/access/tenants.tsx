import type { Body } from "galley/client";
import { useState } from "preact/hooks";
import { formatCost, formatCount } from "../parts/format.ts";
import { EditTenant } from "./edit-tenant.tsx";

export type Tenant = Body<"listTenants">["data"][number];

/** What each tenant used today, may use, and gets as its share. */
export function Tenants({ tenants, onChange }: { tenants: readonly Tenant[]; onChange: () => void }) {
  return (
    <section aria-labelledby="tenants-title">
      <div class="list-head">
        <h2 id="tenants-title">Tenants</h2>
      </div>
      {tenants.length > 0 ? (
        <ul class="rows">
          {tenants.map((tenant) => (
            <TenantRow key={tenant.tenant} of={tenant} onChange={onChange} />
          ))}
        </ul>
      ) : (
        <p class="nothing">No tenant has a key, nothing is set for one, and none called a model today.</p>
      )}
    </section>
  );
}

function TenantRow({ of: tenant, onChange }: { of: Tenant; onChange: () => void }) {
  const { tenant: name, usedTodayUsd, dailyBudgetUsd, weight, maxRunning } = tenant;
  const [isEditing, setEditing] = useState(false);
  return (
    <li class="row access-row">
      <p class="row-name">{name}</p>
      <div class="state">
        <p>
          {formatCost(usedTodayUsd)} <small>used today</small>
        </p>
        {dailyBudgetUsd !== null && (
          <progress
            max={1}
            value={partOf(usedTodayUsd, dailyBudgetUsd)}
            class={partOf(usedTodayUsd, dailyBudgetUsd) >= 1 ? "failed" : undefined}
            aria-label={`Part of the day's budget that ${name} has used`}
          />
        )}
        <p class="standing">{dailyBudgetUsd === null ? "no daily budget" : `of ${formatCost(dailyBudgetUsd)}`}</p>
      </div>
      <p class="under">
        <span>weight {weight}</span>
        <span>{maxRunning === null ? "no limit of running jobs" : `${formatCount(maxRunning)} jobs at once`}</span>
      </p>
      <button type="button" class="button" onClick={() => setEditing(true)}>
        Edit<span class="hidden"> {name}</span>
      </button>
      {isEditing && <EditTenant of={tenant} onChange={onChange} onClose={() => setEditing(false)} />}
    </li>
  );
}

const partOf = (used: string, budget: string): number =>
  Number(budget) === 0 ? 1 : Math.min(1, Number(used) / Number(budget));
