import type { Body } from "galley/client";
import { useState } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";
import { formatCount } from "../parts/format.ts";
import { Icon } from "../parts/icons.tsx";
import { Problem } from "../parts/notice.tsx";
import { Ago } from "../parts/time.tsx";
import { useAction } from "../state/action.ts";
import type { Rights } from "../state/rights.ts";
import { client } from "../state/session.ts";
import { NewKey } from "./new-key.tsx";

type Key = Body<"listKeys">["data"][number];
type Props = { keys: readonly Key[]; rights: Rights; onChange: () => void };

/** The keys of all tenants: those in force, the newest first, and those that were revoked. */
export function Keys({ keys, rights, onChange }: Props) {
  const [isMaking, setMaking] = useState(false);
  const newest = keys.toReversed();
  const inForce = newest.filter(({ revokedAt }) => revokedAt === null);
  const revoked = newest.filter(({ revokedAt }) => revokedAt !== null);
  const close = () => {
    setMaking(false);
    onChange();
  };
  return (
    <section aria-labelledby="keys-title">
      <div class="list-head">
        <h2 id="keys-title">Keys</h2>
        <button type="button" class="button primary" onClick={() => setMaking(true)}>
          <Icon name="plus" />
          New key
        </button>
      </div>
      {isMaking && <NewKey rights={rights} isFirst={keys.length === 0} onClose={close} />}
      {inForce.length > 0 ? (
        <ul class="rows">
          {inForce.map((key) => (
            <KeyRow key={key.id} of={key} isOwn={key.id === rights.id} onChange={onChange} />
          ))}
        </ul>
      ) : (
        <p class="nothing">
          {keys.length === 0
            ? "There is no key yet: the service answers this machine alone, without one."
            : "No key is in force."}
        </p>
      )}
      {revoked.length > 0 && (
        <details>
          <summary>Revoked: {formatCount(revoked.length)}</summary>
          <ul class="rows revoked">
            {revoked.map((key) => (
              <KeyRow key={key.id} of={key} isOwn={false} onChange={onChange} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function KeyRow({ of: key, isOwn, onChange }: { of: Key; isOwn: boolean; onChange: () => void }) {
  const { id, tenant, scopes, createdAt, lastUsedAt, revokedAt } = key;
  const [isAsking, setAsking] = useState(false);
  return (
    <li class="row access-row">
      <div class="what">
        <p class="row-name">
          {tenant} {isOwn && <small>the key of this tab</small>}
        </p>
        <p class="under">
          <code>glly_{id}_…</code>
        </p>
      </div>
      <p class="under">
        {scopes.map((scope) => (
          <span key={scope} class="tag">
            {scope}
          </span>
        ))}
      </p>
      <p class="under">
        <span>
          made <Ago time={createdAt} />
        </span>
        <span>
          {revokedAt === null ? (
            <LastUse at={lastUsedAt} />
          ) : (
            <>
              revoked <Ago time={revokedAt} />
            </>
          )}
        </span>
      </p>
      {revokedAt === null && (
        <button type="button" class="button" onClick={() => setAsking(true)}>
          Revoke
          <span class="hidden">
            the key {id} of {tenant}
          </span>
        </button>
      )}
      {isAsking && <Revoke of={key} isOwn={isOwn} onChange={onChange} onClose={() => setAsking(false)} />}
    </li>
  );
}

const LastUse = ({ at }: { at: string | null }) =>
  at === null ? (
    <>never used</>
  ) : (
    <>
      used <Ago time={at} />
    </>
  );

type RevokeProps = { of: Key; isOwn: boolean; onChange: () => void; onClose: () => void };

function Revoke({ of: { id, tenant }, isOwn, onChange, onClose }: RevokeProps) {
  const revoke = useAction(async () => {
    await client.value.request("revokeKey", { params: { keyId: id } });
    onClose();
    onChange();
  });
  return (
    <Dialog
      title={`Revoke a key of ${tenant}?`}
      does="Revoke"
      isBusy={revoke.isBusy}
      {...{ onClose }}
      onSubmit={revoke.run}
    >
      <p>
        <code>glly_{id}_…</code>
      </p>
      <p>
        {isOwn && <b>It is the key that you use here. </b>}
        Who uses it is refused a second later. It cannot be undone.
      </p>
      {revoke.error && <Problem error={revoke.error} />}
    </Dialog>
  );
}
