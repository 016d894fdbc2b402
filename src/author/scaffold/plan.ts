import { StartError } from "../../errors.ts";
import { reservedPhases, usableName, usableNameInWords } from "../names.ts";

/** A name as it is written in the code: `product_review`, `productReview` and `ProductReview`. */
export type Name = { name: string; variable: string; schema: string };

/** A new job type, checked. */
export type Plan = { type: Name; phases: [Name, ...Name[]] };

// Files of the folder that are no phases.
const ownFiles = ["index", "request"];
const example = "npm run new -- recipe planning cooking";

/** Throws StartError for names that the new files could not have. */
export function planType([type, ...phases]: string[]): Plan {
  const [first, ...others] = phases.map(nameOf);
  if (!type || !first) throw new StartError(`npm run new takes a type and its phases: ${example}`);
  const plan: Plan = { type: nameOf(type), phases: [first, ...others] };
  for (const { name, variable } of [plan.type, ...plan.phases]) {
    if (!usableName.test(name)) throw new StartError(`"${name}" is no name: use ${usableNameInWords}.`);
    if (taken.has(variable)) throw new StartError(`"${name}" cannot be a name: ${variable} is a word of the code.`);
  }
  for (const { name } of plan.phases) {
    if ([...reservedPhases, ...ownFiles].includes(name)) throw new StartError(`A phase cannot be named "${name}".`);
  }
  const variables = [plan.type, ...plan.phases].map(({ variable }) => variable);
  const twice = variables.find((one, index) => variables.indexOf(one) !== index);
  if (twice) throw new StartError(`Type and phases need different names, and two of them are "${twice}".`);
  return plan;
}

function nameOf(name: string): Name {
  const variable = name.replace(/_+([a-z0-9]?)/g, (_, letter: string) => letter.toUpperCase());
  return { name, variable, schema: variable.slice(0, 1).toUpperCase() + variable.slice(1) };
}

/** JavaScript's own words, and those that the new files import. */
const taken = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends false
  finally for function if implements import in instanceof interface let new null package private protected public return
  static super switch this throw true try typeof undefined var void while with yield
  z line userFor defineJob definePhase test expect answers runJob runPhase jobTypes subject given`.split(/\s+/),
);
