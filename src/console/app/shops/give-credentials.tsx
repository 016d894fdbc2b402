import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";
import { Problem } from "../parts/notice.tsx";
import { useAction } from "../state/action.ts";
import { client } from "../state/session.ts";
import { bodyOf, fieldsOf, kinds, noCredentials } from "./credentials.ts";
import type { Shop } from "./shops-page.tsx";

type Props = { of?: Shop; onChange: () => void; onClose: () => void };

/** Connects a shop, or gives one that is connected (`of`) other credentials. They are kept by nothing but this dialog. */
export function GiveCredentials({ of: shop, onChange, onClose }: Props) {
  const [domain, setDomain] = useState("");
  const [draft, setDraft] = useState(noCredentials);
  const form = useRef<HTMLDivElement>(null);
  const give = useAction(async () => {
    const body = bodyOf(draft);
    if (shop) await client.value.request("changeShop", { params: { id: shop.id }, body });
    else await client.value.request("createShop", { body: { domain: domain.trim().toLowerCase(), ...body } });
    onClose();
    onChange();
  });
  const messages = new Map(give.error?.errors.map(({ pointer, message }) => [pointer.slice(1), message]));
  useEffect(() => {
    if (give.error) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [give.error]);
  const shown = fieldsOf(draft.kind);
  const isSaidAtField = [...messages.keys()].some(
    (name) => name === "domain" || shown.some((one) => one.name === name),
  );
  return (
    <Dialog
      title={shop ? `Credentials of ${shop.domain}` : "Connect a shop"}
      does={shop ? "Save" : "Connect"}
      isBusy={give.isBusy}
      onClose={onClose}
      onSubmit={give.run}
    >
      <div ref={form} class="dialog-fields">
        {!shop && (
          <Field
            name="domain"
            label="Domain"
            hint="The one that Shopify gave the shop, like my-shop.myshopify.com"
            value={domain}
            message={messages.get("domain")}
            onInput={setDomain}
          />
        )}
        <fieldset>
          <legend class="legend">Credentials</legend>
          <div class="choices">
            {kinds.map(({ kind, label }) => (
              <label key={kind} class="choice">
                <input
                  type="radio"
                  name="shop-kind"
                  checked={draft.kind === kind}
                  onChange={() => setDraft({ ...noCredentials, kind })}
                />
                {label}
              </label>
            ))}
          </div>
        </fieldset>
        {shown.map(({ name, label, hint, isSecret }) => (
          <Field
            key={name}
            {...{ name, label, hint, isSecret }}
            value={draft[name]}
            message={messages.get(name)}
            onInput={(value) => setDraft({ ...draft, [name]: value })}
          />
        ))}
        <p class="hint">Credentials are sealed at once, and shown nowhere again.</p>
      </div>
      {give.error && !isSaidAtField && <Problem error={give.error} />}
    </Dialog>
  );
}

type FieldProps = {
  name: string;
  label: string;
  hint: string;
  isSecret?: boolean;
  value: string;
  message: string | undefined;
  onInput(value: string): void;
};

const Field = ({ name, label, hint, isSecret = false, value, message, onInput }: FieldProps) => (
  <div class="field">
    <label for={`shop-${name}`}>{label}</label>
    <input
      id={`shop-${name}`}
      {...(isSecret ? { type: "password" } : { type: "text" })}
      required
      autocomplete="off"
      spellcheck={false}
      value={value}
      aria-invalid={message === undefined ? undefined : true}
      aria-describedby={`shop-${name}-about`}
      onInput={({ currentTarget }) => onInput(currentTarget.value)}
    />
    <p id={`shop-${name}-about`} class={message === undefined ? "hint" : "field-error"}>
      {message ?? hint}
    </p>
  </div>
);
