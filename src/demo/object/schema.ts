import type { Assignment } from "../assignment/assignment.ts";
import { isRecord, type JsonRecord } from "../json.ts";
import type { Random } from "../random.ts";
import { Refusal } from "../refusal.ts";
import { chosen, option, typeOf } from "./choice.ts";
import { openDesk, type Place } from "./desk.ts";
import { distinct, listSize } from "./lists.ts";
import { numberFor } from "./numbers.ts";
import { resolved } from "./references.ts";
import { startersOf } from "./starters.ts";
import { stringFor } from "./strings.ts";

/** Below this depth optional fields are left out, since a schema may contain itself. */
const maxDepth = 8;

/** A small schema can ask for a huge answer, or for an endless one. */
const maxValues = 20_000;

/** JSON about the assignment that fits a schema of the common subset. Throws Refusal if a schema asks too much. */
export function answerSchema(root: JsonRecord, assignment: Assignment, random: Random): unknown {
  const desk = openDesk(assignment, random);
  const top: Place = { name: "", within: null, item: 0, depth: 0, repeat: 0 };
  let values = 0;

  function valueFor(asked: unknown, place: Place): unknown {
    values += 1;
    if (values > maxValues || place.depth > 4 * maxDepth) throw new Refusal(400, "The schema asks for too much.");
    const schema = resolved(asked, root);
    if ("const" in schema) return schema.const;
    if (Array.isArray(schema.enum)) return chosen(schema.enum, desk, place);
    const options = schema.anyOf ?? schema.oneOf;
    const deep = place.depth >= maxDepth;
    if (Array.isArray(options)) return valueFor(option(options, deep), { ...place, depth: place.depth + 1 });
    switch (typeOf(schema, deep)) {
      case "object":
        return objectFor(schema, place);
      case "array":
        return listFor(schema, place);
      case "integer":
        return numberFor({ ...schema, type: "integer" }, desk, place);
      case "number":
        return numberFor(schema, desk, place);
      case "boolean":
        return true;
      case "null":
        return null;
      default:
        return stringFor(schema, desk, place);
    }
  }

  function objectFor(schema: JsonRecord, place: Place): JsonRecord {
    const properties = isRecord(schema.properties) ? schema.properties : {};
    const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
    const names = place.depth < maxDepth ? [...Object.keys(properties), ...required] : required;
    const below = { within: place.within, item: 0, repeat: place.repeat, depth: place.depth + 1 };
    // With fromEntries even `__proto__` becomes an ordinary property.
    return Object.fromEntries(
      [...new Set(names)].map((name) => {
        const property = Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties;
        return [name, valueFor(property, { ...below, name })];
      }),
    );
  }

  function listFor(schema: JsonRecord, place: Place): unknown[] {
    const depth = place.depth + 1;
    if (Array.isArray(schema.prefixItems)) {
      return schema.prefixItems.map((entry, item) => valueFor(entry, { ...place, item, depth }));
    }
    const entry = resolved(schema.items, root);
    const deep = place.depth >= maxDepth;
    const ofText = entry.type === "string" && !entry.enum && !deep;
    const starters = ofText ? startersOf(desk, place) : { first: [], isAll: deep };
    const size = listSize(schema, desk, place, starters);
    const ofObjects = typeOf(entry, deep) === "object";
    return distinct(size, (item, repeat) => {
      const starter = repeat === 0 ? starters.first[item] : undefined;
      const within = ofObjects ? { list: place.name, index: item, size } : place.within;
      const at = { ...place, within, item, depth, repeat };
      return starter === undefined ? valueFor(entry, at) : stringFor(entry, desk, at, starter);
    });
  }

  return valueFor(root, top);
}
