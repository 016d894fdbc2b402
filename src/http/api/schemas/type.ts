import { z } from "zod";

/** What can be generated, as `viewType` gives it. */
export const Type = z
  .object({
    type: z.string(),
    description: z.string(),
    phases: z.array(z.string()),
    optionalPhases: z
      .array(z.string())
      .meta({ description: "Those of them that a job has only if it asks for what they do" }),
    input: z.record(z.string(), z.unknown()).meta({ description: "The JSON Schema of the type's input" }),
  })
  .meta({ id: "Type" });
