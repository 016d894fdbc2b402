import type { Shape } from "../shape.ts";
import { deepseek } from "./deepseek.ts";
import { gemini } from "./gemini.ts";
import { groq } from "./groq.ts";
import { litellm } from "./litellm.ts";
import { llamaCpp } from "./llama-cpp.ts";
import { lmStudio } from "./lm-studio.ts";
import { mistral } from "./mistral.ts";
import { ollama } from "./ollama.ts";
import { openrouter } from "./openrouter.ts";
import { vllm } from "./vllm.ts";
import { xai } from "./xai.ts";

/** The servers that the demo model can be dressed as, by the names that `npm run sim -- --as` takes. */
export const servers = {
  deepseek,
  gemini,
  groq,
  litellm,
  "llama.cpp": llamaCpp,
  "lm-studio": lmStudio,
  mistral,
  ollama,
  openrouter,
  vllm,
  xai,
} satisfies Record<string, Shape>;

export type ServerName = keyof typeof servers;
