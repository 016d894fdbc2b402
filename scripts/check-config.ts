import { connectionsFor } from "../src/assemble.ts";
import { runCommand } from "../src/command/command.ts";
import { readFlags } from "../src/command/flags.ts";
import { nameModels } from "../src/model/choose.ts";
import { readPriceFile } from "../src/money/price-file.ts";
import { createPriceList } from "../src/money/prices.ts";
import { describeConfig, readConfig } from "../src/settings/config.ts";

await runCommand(async () => {
  readFlags({
    name: "npm run check-config",
    does: "Shows the settings in force, defaults included, secrets masked.",
    flags: {},
  });
  const config = readConfig();
  const prices = createPriceList(await readPriceFile(config.PRICES_FILE));
  const models = nameModels(config);
  const [{ model, api }] = models;
  const applied = {
    DATABASE_URL: `an embedded PostgreSQL under ${config.GALLEY_DATA_DIR}`,
    DATABASE_POOL_SIZE: connectionsFor(config),
    ...(config.MODELS ? {} : { OPENAI_MODEL: model, MODEL_API: api }),
  };
  process.stdout.write(`${describeConfig(config, applied)}\n`);
  for (const { provider, model: name } of models) {
    process.stdout.write(`# ${prices.describe({ provider, model: name, at: new Date() })}\n`);
  }
});
