import { useState } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";
import { Problem } from "../parts/notice.tsx";
import { Ago } from "../parts/time.tsx";
import { useAction } from "../state/action.ts";
import { client } from "../state/session.ts";
import { GiveCredentials } from "./give-credentials.tsx";
import type { Shop } from "./shops-page.tsx";

type Props = { of: Shop; onChange: () => void };

/** A shop, and what a key with the scope jobs:write can do with it. */
export function ShopRow({
  of: shop,
  mayWrite,
  canConnect,
  onChange,
}: Props & { mayWrite: boolean; canConnect: boolean }) {
  const { domain, credentials, createdAt, updatedAt } = shop;
  const [asked, setAsked] = useState<"credentials" | "disconnect" | null>(null);
  const close = () => setAsked(null);
  return (
    <li class="row shop-row">
      <div class="what">
        <p class="row-name">{domain}</p>
        <p class="under">
          <span>{kinds[credentials]}</span>
          <span>
            connected <Ago time={createdAt} />
          </span>
          {updatedAt !== createdAt && (
            <span>
              new credentials <Ago time={updatedAt} />
            </span>
          )}
        </p>
      </div>
      {mayWrite && (
        <div class="buttons">
          {canConnect && (
            <button type="button" class="button" onClick={() => setAsked("credentials")}>
              Change credentials<span class="hidden"> of {domain}</span>
            </button>
          )}
          <button type="button" class="button" onClick={() => setAsked("disconnect")}>
            Disconnect<span class="hidden"> {domain}</span>
          </button>
        </div>
      )}
      {asked === "credentials" && <GiveCredentials of={shop} onChange={onChange} onClose={close} />}
      {asked === "disconnect" && <Disconnect of={shop} onChange={onChange} onClose={close} />}
    </li>
  );
}

const kinds: Record<Shop["credentials"], string> = {
  client_credentials: "client id and secret",
  access_token: "access token",
};

function Disconnect({ of: { id, domain }, onChange, onClose }: Props & { onClose: () => void }) {
  const disconnect = useAction(async () => {
    await client.value.request("deleteShop", { params: { id } });
    onClose();
    onChange();
  });
  return (
    <Dialog
      title={`Disconnect ${domain}?`}
      does="Disconnect"
      isBusy={disconnect.isBusy}
      onClose={onClose}
      onSubmit={disconnect.run}
    >
      <p>
        Its credentials are forgotten. What was published there stays. Jobs that are still to publish in it fail,
        and can be resumed once it is connected again.
      </p>
      {disconnect.error && <Problem error={disconnect.error} />}
    </Dialog>
  );
}
