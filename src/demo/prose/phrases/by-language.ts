import type { Language } from "../../text.ts";
import { german } from "./de.ts";
import { english } from "./en.ts";
import { japanese } from "./ja.ts";
import type { Phrases } from "./phrases.ts";

export const phrases: Record<Language, Phrases> = { en: english, de: german, ja: japanese };
