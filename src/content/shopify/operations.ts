import { z } from "zod";

/** A GraphQL operation of the Admin API, and what of its answer is read. */
export type Operation<Answer> = { name: string; text: string; answer: z.ZodType<Answer> };

/** By this the article in the shop is known to be ours. */
export const ownMetafield = { namespace: "galley", key: "job_id" } as const;

const Placed = z.object({ id: z.string(), handle: z.string(), isPublished: z.boolean() });
/** An article as the shop has it. */
export type Placed = z.output<typeof Placed>;

const UserErrors = z.array(
  z.object({ code: z.string().nullish(), field: z.array(z.string()).nullish(), message: z.string() }),
);
export type UserErrors = z.output<typeof UserErrors>;

const Written = z.object({ article: Placed.nullable(), userErrors: UserErrors });

export const createArticle: Operation<{ articleCreate: z.output<typeof Written> }> = {
  name: "CreateArticle",
  text: `mutation CreateArticle($article: ArticleCreateInput!) {
    articleCreate(article: $article) {
      article { id handle isPublished }
      userErrors { code field message }
    }
  }`,
  answer: z.object({ articleCreate: Written }),
};

export const updateArticle: Operation<{ articleUpdate: z.output<typeof Written> }> = {
  name: "UpdateArticle",
  text: `mutation UpdateArticle($id: ID!, $article: ArticleUpdateInput!) {
    articleUpdate(id: $id, article: $article) {
      article { id handle isPublished }
      userErrors { code field message }
    }
  }`,
  answer: z.object({ articleUpdate: Written }),
};

const Found = Placed.extend({
  blog: z.object({ id: z.string() }),
  metafield: z.object({ value: z.string() }).nullable(),
});

export const findArticles: Operation<{ articles: { nodes: z.output<typeof Found>[] } }> = {
  name: "FindArticles",
  text: `query FindArticles($query: String!) {
    articles(first: 10, query: $query) {
      nodes {
        id
        handle
        isPublished
        blog { id }
        metafield(namespace: "${ownMetafield.namespace}", key: "${ownMetafield.key}") { value }
      }
    }
  }`,
  answer: z.object({ articles: z.object({ nodes: z.array(Found) }) }),
};
