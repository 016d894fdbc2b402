import type { Language } from "../../text.ts";
import { german } from "./de.ts";
import { english } from "./en.ts";
import { japanese } from "./ja.ts";
import type { Wording } from "./wording.ts";

export const wordings: Record<Language, Wording> = { en: english, de: german, ja: japanese };
