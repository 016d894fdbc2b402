import { useState } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";
import { Problem } from "../parts/notice.tsx";
import { useAction } from "../state/action.ts";
import type { Rights } from "../state/rights.ts";
import { client } from "../state/session.ts";
import { Secret } from "./secret.tsx";

type Scope = Rights["scopes"][number];

const meanings: Record<Scope, string> = {
  "jobs:read": "Read the tenant's jobs",
  "jobs:write": "Submit, cancel and resume them; webhooks",
  admin: "The service as a whole: pauses, database, keys, tenants",
};

type Props = {
  rights: Rights;
  /** No key was ever made. */
  isFirst: boolean;
  onClose: () => void;
};

/** Asks for whom a key is and what it may do, and shows it once. It is kept by nothing but this dialog. */
export function NewKey({ rights, isFirst, onClose }: Props) {
  const [tenant, setTenant] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(() =>
    isFirst ? rights.scopes : rights.scopes.filter((scope) => scope !== "admin"),
  );
  const [key, setKey] = useState<string | null>(null);
  const make = useAction(async () => {
    const { body } = await client.value.request("createKey", {
      body: { tenant: tenant.trim(), scopes: [...scopes] },
    });
    setKey(body.key);
  });
  if (key !== null)
    return (
      <Dialog title={`The key of ${tenant.trim()}`} onClose={onClose}>
        <Secret text={key} />
        {isFirst && <p>From now on the service asks for a key, on this page too.</p>}
      </Dialog>
    );
  const messages = new Map(make.error?.errors.map(({ pointer, message }) => [pointer, message]));
  const ofTenant = messages.get("/tenant");
  return (
    <Dialog title="New key" does="Make key" isBusy={make.isBusy} onClose={onClose} onSubmit={make.run}>
      <div class="field">
        <label for="key-tenant">Tenant</label>
        <input
          id="key-tenant"
          required
          maxLength={100}
          autocomplete="off"
          spellcheck={false}
          value={tenant}
          aria-invalid={ofTenant === undefined ? undefined : true}
          aria-describedby="key-tenant-about"
          onInput={({ currentTarget }) => setTenant(currentTarget.value)}
        />
        <p id="key-tenant-about" class={ofTenant === undefined ? "hint" : "field-error"}>
          {ofTenant ?? "What the key makes and sees is this tenant's."}
        </p>
      </div>
      <fieldset class="scopes">
        <legend class="legend">What it may do</legend>
        {rights.scopes.map((scope) => (
          <div key={scope} class="field check">
            <input
              id={`scope-${scope}`}
              type="checkbox"
              checked={scopes.includes(scope)}
              onChange={({ currentTarget }) =>
                setScopes(
                  rights.scopes.filter((one) => (one === scope ? currentTarget.checked : scopes.includes(one))),
                )
              }
            />
            <label for={`scope-${scope}`}>
              {scope} <span class="optional">{meanings[scope]}</span>
            </label>
          </div>
        ))}
      </fieldset>
      {make.error && ofTenant === undefined && <Problem error={make.error} />}
    </Dialog>
  );
}
