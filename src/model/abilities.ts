import type { Db } from "../db/client.ts";
import { patiently } from "../db/commit/patience.ts";
import { queryWith, statement } from "../db/commit/statement.ts";
import type { Abilities } from "./port/asking.ts";
import type { ModelPort } from "./port/port.ts";

type Model = Pick<ModelPort, "provider" | "model" | "abilities" | "stated">;

export type KnownAbilities = {
  current(): Promise<Abilities>;
  /** The server has taken a call that was asked so, after it had refused another way: all workers ask so now. */
  remember(abilities: Abilities): Promise<void>;
};

const lookEveryMilliseconds = 300_000;

/** What is known of each model's server. It is forgotten after a day: servers learn too. */
export function createAbilities(db: Db): (model: Model) => KnownAbilities {
  const known = new Map<string, KnownAbilities>();
  return ({ provider, model, abilities: first, stated }) => {
    const id = JSON.stringify([provider, model, first, stated]);
    const abilities = known.get(id) ?? abilitiesOf(db, { provider, model, abilities: first, stated });
    known.set(id, abilities);
    return abilities;
  };
}

function abilitiesOf(db: Db, { provider, model, abilities: first, stated }: Model): KnownAbilities {
  const query = queryWith(db.$client, db.$client.session);
  let known: { abilities: Promise<Abilities>; at: number } | undefined;

  async function look(): Promise<Abilities> {
    const [found] = await patiently(db, () => query<Abilities>(select, [provider, model]));
    return { ...(found ?? first), ...stated };
  }

  return {
    async current() {
      if (!known || performance.now() - known.at > lookEveryMilliseconds) {
        known = { abilities: look(), at: performance.now() };
        known.abilities.catch(() => {
          known = undefined;
        });
      }
      return await known.abilities;
    },
    async remember(abilities) {
      known = { abilities: Promise.resolve(abilities), at: performance.now() };
      const { maxTokensParam, json } = abilities;
      await patiently(db, () => query(upsert, [provider, model, maxTokensParam, json]));
    },
  };
}

const select = statement(`
  select max_tokens_param as "maxTokensParam", json from model_abilities
  where provider = $1 and model = $2 and learned_at > now() - interval '1 day'`);

const upsert = statement(`
  insert into model_abilities (provider, model, max_tokens_param, json) values ($1, $2, $3, $4)
  on conflict (provider, model) do update set
    max_tokens_param = excluded.max_tokens_param, json = excluded.json, learned_at = now()`);
