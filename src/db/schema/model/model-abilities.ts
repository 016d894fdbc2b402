import { pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { time } from "../columns.ts";

/** What servers have refused, and are therefore asked for in another way: see `model/abilities.ts`. */
export const modelAbilities = pgTable(
  "model_abilities",
  {
    provider: text("provider").notNull(),
    model: text("model").notNull(),
    maxTokensParam: text("max_tokens_param").notNull(),
    json: text("json").notNull(),
    learnedAt: time("learned_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ name: "model_abilities_pkey", columns: [table.provider, table.model] })],
).enableRLS();
