import { jobTypes } from "../jobs/index.ts";
import { runCommand } from "../src/command/command.ts";
import { readFlags } from "../src/command/flags.ts";
import { createCatalogue } from "../src/generation/job/catalogue.ts";
import { checkPhases, nameModels } from "../src/model/choose.ts";
import { createModels } from "../src/model/models.ts";
import { createModel } from "../src/model/wire/openai.ts";
import { readPriceFile } from "../src/money/price-file.ts";
import { createPriceList } from "../src/money/prices.ts";
import { connectionsFor } from "../src/process/assemble.ts";
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
  checkPhases(models, new Set(createCatalogue(jobTypes).phases.map(({ name }) => name)));
  const applied = {
    DATABASE_URL: `an embedded PostgreSQL under ${config.GALLEY_DATA_DIR}`,
    DATABASE_POOL_SIZE: connectionsFor(config),
    ...(config.MODELS ? {} : { OPENAI_MODEL: model, MODEL_API: api }),
  };
  process.stdout.write(`${describeConfig(config, applied)}\n`);
  for (const { provider, model: name, tier } of createModels(models, createModel).all) {
    process.stdout.write(`# ${prices.describe({ provider, model: name, tier, at: new Date() })}\n`);
  }
});
