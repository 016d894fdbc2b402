import { type ModelOptions, placesFor } from "./port/options.ts";
import type { ModelPort } from "./port/port.ts";
import type { ModelSettings } from "./wire/openai.ts";

/** The first one is preferred, the others stand in for it. */
export type InTurn<Model> = readonly [Model, ...Model[]];

/** The models that may be asked. */
export type Models = {
  /** What is asked where no phase says otherwise, in this order. */
  usual: InTurn<ModelPort>;
  /** All that may be asked for some step, each once. */
  all: readonly ModelPort[];
  /** What is asked for a step of a phase, in this order. */
  forStep(phase: string, step: string, wish?: Wish): readonly ModelPort[];
};

/** What a handler asks for in one call. What is set for its phase goes before it. */
export type Wish = { model?: string | undefined; effort?: ModelOptions["reasoningEffort"] };

export function createModels(
  settings: InTurn<ModelSettings>,
  createModel: (settings: ModelSettings) => ModelPort,
): Models {
  const usual = eachOf(settings, createModel);
  const particular = new Map<string, ModelPort>();

  function portFor(index: number, phase: string, step: string, { model, effort }: Wish = {}): ModelPort {
    const [of, port] = [settings[index] as ModelSettings, usual[index] as ModelPort];
    const places = placesFor(of.options ?? {}, phase, step);
    // A model's name is its provider's: the others would not know it.
    const wish = { ...(model && index === 0 && { model }), ...(effort && { reasoningEffort: effort }) };
    if (places.length === 0 && Object.keys(wish).length === 0) return port;
    const id = JSON.stringify([index, wish, ...places]);
    const made = particular.get(id) ?? createModel(settingsAt(of, wish, places));
    particular.set(id, made);
    return made;
  }

  const ofPhases = settings.flatMap(({ options }, index) =>
    Object.keys(options?.phases ?? {}).map((place) => {
      const [phase = "", kind = ""] = place.split("/");
      return portFor(index, phase, kind);
    }),
  );
  return {
    usual,
    all: [...new Set([...usual, ...ofPhases])],
    forStep: (phase, step, wish) => usual.map((_, index) => portFor(index, phase, step, wish)),
  };
}

/** A list that is not empty stays so. */
export const eachOf = <From, To>([first, ...others]: InTurn<From>, to: (from: From) => To): InTurn<To> => [
  to(first),
  ...others.map(to),
];

type Part = ModelOptions & { model?: string | undefined };

function settingsAt(settings: ModelSettings, wish: Part, places: readonly string[]): ModelSettings {
  const { phases = {}, ...general } = settings.options ?? {};
  const parts: Part[] = [general, wish, ...places.map((place) => phases[place] ?? {})];
  const { model = settings.model, ...options } = Object.assign({}, ...parts);
  return { ...settings, model, options };
}
