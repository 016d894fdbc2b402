import { type Abilities, without } from "./port/asking.ts";
import { ModelError } from "./port/port.ts";

/** An answer, the way of asking that got it, and whether another way was refused before. */
export type Suited<T> = { answer: T; abilities: Abilities; hasChanged: boolean };

/**
 * Asks once more, in another way, for each thing that the server has refused and that may be asked otherwise. Throws what
 * `ask` throws when nothing is left to try. `onRefused`: hears of each refusal that is answered so.
 */
export async function askSuitably<T>(
  first: Abilities,
  ask: (abilities: Abilities) => Promise<T>,
  onRefused: (error: ModelError) => void = () => undefined,
): Promise<Suited<T>> {
  const tried: Abilities[] = [];
  for (let abilities = first; ; ) {
    tried.push(abilities);
    try {
      return { answer: await ask(abilities), abilities, hasChanged: tried.length > 1 };
    } catch (error) {
      const refused = error instanceof ModelError ? error.refused : undefined;
      const next = refused && without(abilities, refused, tried);
      if (!next) throw error;
      onRefused(error as ModelError);
      abilities = next;
    }
  }
}
