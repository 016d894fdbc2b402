import type { Db } from "../db/client.ts";
import { queryWith, statement } from "../db/commit/statement.ts";

/** The name under which a server reads the token cap, and how it is asked for JSON. */
export type Abilities = {
  maxTokensParam: "max_completion_tokens" | "max_tokens";
  json: "json_schema" | "json_object" | "none";
};

/** What a server's refusal named. */
export type Refused = "token cap" | "structured output";

type Model = { provider: string; model: string };

/** OpenAI, Azure and the demo model take what OpenAI's own documentation says. */
const isOpenAI = (provider: string): boolean =>
  provider === "openai" || provider === "demo" || provider.endsWith(".azure.com");

/** What is tried first. Beside OpenAI the older name is known everywhere, and Ollama ignores the newer one. */
export const assumed = (provider: string): Abilities => ({
  maxTokensParam: isOpenAI(provider) ? "max_completion_tokens" : "max_tokens",
  json: "json_schema",
});

/** Whether the prompt itself must say the schema, since the server may ignore it in silence. */
export const mustTellSchema = (provider: string, { json }: Abilities): boolean =>
  !isOpenAI(provider) || json !== "json_schema";

/** What to try when the server has refused this. Null if nothing is left. */
export function without(provider: string, abilities: Abilities, refused: Refused): Abilities | null {
  if (refused === "structured output") {
    if (abilities.json === "none") return null;
    return { ...abilities, json: abilities.json === "json_schema" ? "json_object" : "none" };
  }
  if (abilities.maxTokensParam !== assumed(provider).maxTokensParam) return null;
  return {
    ...abilities,
    maxTokensParam: abilities.maxTokensParam === "max_tokens" ? "max_completion_tokens" : "max_tokens",
  };
}

export type KnownAbilities = {
  current(): Promise<Abilities>;
  /** Remembers what was refused, for all workers. Returns what to ask with now, null if nothing is left to try. */
  learn(asked: Abilities, refused: Refused): Promise<Abilities | null>;
};

const lookEveryMilliseconds = 300_000;

/** What is known of a model's server. It is forgotten after a day: servers learn too. */
export function createAbilities(db: Db, { provider, model }: Model): KnownAbilities {
  const query = queryWith(db.$client, db.$client.session);
  let known: { abilities: Promise<Abilities>; at: number } | undefined;

  async function look(): Promise<Abilities> {
    const [found] = await query<Abilities>(select, [provider, model]);
    return found ?? assumed(provider);
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
    async learn(asked, refused) {
      const present = await known?.abilities;
      // Another call has met the same refusal.
      if (present && JSON.stringify(present) !== JSON.stringify(asked)) return present;
      const next = without(provider, asked, refused);
      if (!next) return null;
      known = { abilities: Promise.resolve(next), at: performance.now() };
      await query(upsert, [provider, model, next.maxTokensParam, next.json]);
      return next;
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
