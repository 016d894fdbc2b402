import type { AnyPhase, JobType } from "../../author/define.ts";
import { reservedPhases, usableName, usableNameInWords } from "../../author/names.ts";
import { shareOut } from "./progress/percentage.ts";

/** A phase at its place in a job type, with every default filled in. */
export type PlacedPhase = {
  type: string;
  name: string;
  /** The phase's queue in pg-boss. */
  queue: string;
  label: string;
  position: number;
  maxAttempts: number;
  expireInSeconds: number;
  /** What share of the whole job lies before and behind this phase, in percent. */
  percentage: { from: number; to: number };
  /** Null for the last phase. */
  next: PlacedPhase | null;
  definition: AnyPhase;
};

/** All job types that this process knows. */
export type Catalogue = {
  types: readonly JobType[];
  phases: readonly PlacedPhase[];
  type(type: string): JobType | undefined;
  /** The named phase; `queued` is the way into the first one. */
  phase(type: string, phase: string): PlacedPhase | undefined;
};

/** Throws if a name is unusable or used twice: a mistake in the code of a job type. */
export function createCatalogue(types: readonly JobType[]): Catalogue {
  const byType = new Map<string, { definition: JobType; phases: PlacedPhase[] }>();
  for (const definition of types) {
    if (byType.has(definition.type)) throw new Error(`There are two job types named "${definition.type}".`);
    byType.set(definition.type, { definition, phases: placePhases(definition) });
  }
  return {
    types,
    phases: [...byType.values()].flatMap(({ phases }) => phases),
    type: (type) => byType.get(type)?.definition,
    phase: (type, phase) => {
      const phases = byType.get(type)?.phases;
      return phase === "queued" ? phases?.[0] : phases?.find(({ name }) => name === phase);
    },
  };
}

// pg-boss lets nothing run for longer than a day, and what must run alone waits for as long as another phase may take.
const mostExpireSeconds = 12 * 3600 - 60;

function placePhases(job: JobType): PlacedPhase[] {
  const { type, phases } = job;
  const names = phases.map(({ name }) => name);
  if (phases.length === 0) throw new Error(`The job type "${type}" has no phase.`);
  for (const name of [type, ...names]) {
    if (!usableName.test(name)) throw new Error(`"${name}" is no name: use ${usableNameInWords}.`);
  }
  for (const name of names) {
    if (reservedPhases.includes(name)) throw new Error(`A phase cannot be named "${name}".`);
    if (names.indexOf(name) !== names.lastIndexOf(name))
      throw new Error(`"${type}" has two phases named "${name}".`);
  }

  // Where the phases behind it would begin is then never in question.
  const early = phases.slice(0, -1).find(({ when }) => when);
  if (early) throw new Error(`"${type}.${early.name}" has a "when", which only a type's last phase may have.`);
  if (phases.length === 1 && phases[0]?.when) throw new Error(`"${type}" has no phase that every job wants.`);

  checkVersions(type, job);
  for (const phase of phases) checkVersions(`${type}.${phase.name}`, phase);
  for (const { name, expireInSeconds = 0 } of phases) {
    if (expireInSeconds > mostExpireSeconds) {
      throw new Error(
        `"${type}.${name}" may take ${expireInSeconds} s; a phase has ${mostExpireSeconds} s at most.`,
      );
    }
  }

  const shares = shareOut(phases);
  const placed = phases.map(
    (definition, position): PlacedPhase => ({
      type,
      name: definition.name,
      queue: `${type}.${definition.name}`,
      label: definition.label ?? definition.name,
      position,
      maxAttempts: (definition.retryLimit ?? 2) + 1,
      expireInSeconds: definition.expireInSeconds ?? 300,
      percentage: shares[position] ?? { from: 0, to: 100 },
      next: null,
      definition,
    }),
  );
  for (const phase of placed) phase.next = placed[phase.position + 1] ?? null;
  return placed;
}

function checkVersions(name: string, { version = 1, migrate = {} }: Pick<JobType, "version" | "migrate">): void {
  if (!Number.isInteger(version) || version < 1)
    throw new Error(`"${name}" has the version ${version}; expected 1, 2 and so on.`);
  const foreign = Object.keys(migrate).find((from) => !/^[1-9]\d*$/.test(from) || Number(from) >= version);
  if (foreign !== undefined)
    throw new Error(`"${name}" has version ${version}, and migrates from version ${foreign}.`);
}
