import { InputError, type PreparedJob, type Tx } from "galley/author";
import { findArticleWithin } from "../../src/content/articles.ts";
import { type ArticleRefreshInput, Source } from "./request.ts";

/** Takes the article over as it is now. Throws InputError for one that is not the tenant's, or that cannot be revised. */
export async function takeArticle(
  tx: Tx,
  input: ArticleRefreshInput,
  { tenant }: PreparedJob,
): Promise<ArticleRefreshInput> {
  const { articleId, article } = input;
  if (articleId === undefined) return input;
  if (article !== undefined) throw new InputError("/article", "expected articleId or article, not both");
  const found = await findArticleWithin(tx, tenant, articleId);
  if (!found) throw new InputError("/articleId", "there is no such article");
  const source = Source.safeParse({
    title: found.title,
    markdown: found.content,
    metaTitle: found.metaTitle ?? "",
    metaDescription: found.metaDescription ?? "",
    keywords: found.targetKeywords,
  });
  if (source.success) return { ...input, article: source.data };
  const [issue] = source.error.issues;
  throw new InputError("/articleId", `the article's ${issue?.path.join(".")} ${issue?.message}`);
}
