import { z } from "zod";
import { type RequestErrorCode, requestErrors } from "../../../errors.ts";

export const ProblemCode = z.enum(Object.keys(requestErrors) as RequestErrorCode[]).meta({ id: "ProblemCode" });

/** Why a request was refused (RFC 9457). */
export const Problem = z
  .object({
    type: z.string().meta({ example: "urn:galley:problem:invalid_input" }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: "What was expected, and what came" }),
    code: ProblemCode,
    errors: z
      .array(z.object({ pointer: z.string(), message: z.string() }))
      .optional()
      .meta({ description: "Each place in the request that is not valid, as a JSON pointer" }),
  })
  .meta({ id: "Problem" });
