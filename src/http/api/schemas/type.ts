import { z } from "zod";

/** What can be generated, as `viewType` gives it. */
export const Type = z
  .object({
    type: z.string(),
    description: z.string(),
    phases: z.array(z.string()),
    input: z.record(z.string(), z.unknown()).meta({ description: "The JSON Schema of the type's input" }),
  })
  .meta({ id: "Type" });
