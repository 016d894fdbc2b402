import { z } from "zod";
import { ArticleRequest } from "../request.ts";
import { Brief } from "./brief.ts";
import { Outline } from "./outline.ts";

/** All that the article is written from. */
export const Plan = z.object({ request: ArticleRequest, brief: Brief, outline: Outline });
export type Plan = z.output<typeof Plan>;
