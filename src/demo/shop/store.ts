export type MetafieldInput = { namespace: string; key: string; type: string; value: string };

/** As `ArticleCreateInput` and `ArticleUpdateInput` have it. */
export type ArticleInput = {
  title?: string;
  author?: { name?: string };
  blogId?: string;
  body?: string;
  handle?: string;
  image?: { url?: string; altText?: string };
  isPublished?: boolean;
  publishDate?: string;
  summary?: string;
  tags?: string[];
  metafields?: MetafieldInput[];
};

export type ShopArticle = {
  id: string;
  blogId: string;
  handle: string;
  title: string;
  body: string;
  summary: string | null;
  tags: string[];
  author: string;
  image: { url?: string; altText?: string } | null;
  isPublished: boolean;
  publishedAt: string | null;
  metafields: MetafieldInput[];
  /** When the search finds it. */
  indexedAt: number;
};

export type UserError = { code: string; field: string[]; message: string };
type Written = { article: ShopArticle | null; userErrors: UserError[] };

/** What is in a shop, in memory. */
export type Store = {
  articles(): ShopArticle[];
  create(input: ArticleInput): Written;
  update(id: string, input: ArticleInput): Written;
  /** Takes an article out, as a person does in the shop. */
  remove(id: string): void;
  /** What the index has of Shopify's search syntax: `blog_id:N` and `handle:H`, all of which must hold. */
  search(query: string): ShopArticle[];
};

/** `blogs`: the numbers of those that there are. `lagMilliseconds`: how long the search does not know a new article. */
export function createStore({
  blogs,
  lagMilliseconds,
}: {
  blogs: readonly string[];
  lagMilliseconds: number;
}): Store {
  const articles = new Map<string, ShopArticle>();
  let last = 600_000_000_000;

  function problemOf(
    { title, author, blogId, handle, isPublished, publishDate, image }: ArticleInput,
    own?: string,
  ) {
    const blog = numberOf(blogId);
    if (title !== undefined && title.trim() === "") return refused("BLANK", "title", "Title can't be blank");
    if (author && !author.name?.trim())
      return refused("AUTHOR_FIELD_REQUIRED", "author", "Author name can't be blank");
    if (blogId !== undefined && !blogs.includes(blog))
      return refused("NOT_FOUND", "blogId", "Must reference an existing blog.");
    if (isPublished && publishDate && Date.parse(publishDate) > Date.now())
      return refused("INVALID_PUBLISH_DATE", "isPublished", "Can't be published with a date in the future");
    if (image?.url !== undefined && !/^https?:\/\//.test(image.url))
      return refused("UPLOAD_FAILED", "image", "The image could not be uploaded");
    const isTaken = [...articles.values()].some(
      (one) => one.blogId === blog && one.handle === handle && one.id !== own,
    );
    return isTaken ? refused("TAKEN", "handle", "Handle has already been taken") : null;
  }

  return {
    articles: () => [...articles.values()],
    create(input) {
      if (input.blogId === undefined)
        return failed(refused("BLOG_REFERENCE_REQUIRED", "blogId", "Blog reference is required"));
      const handle = input.handle ?? slugOf(input.title ?? "");
      const problem = problemOf({ ...input, handle });
      if (problem) return failed(problem);
      const article: ShopArticle = {
        id: `gid://shopify/Article/${++last}`,
        blogId: numberOf(input.blogId),
        handle,
        title: input.title ?? "",
        body: input.body ?? "",
        summary: input.summary ?? null,
        tags: input.tags ?? [],
        author: input.author?.name ?? "",
        image: input.image ?? null,
        metafields: input.metafields ?? [],
        indexedAt: Date.now() + lagMilliseconds,
        // Without a word on it Shopify publishes.
        ...publishedAs(input.isPublished ?? true, null),
      };
      articles.set(article.id, article);
      return { article, userErrors: [] };
    },
    update(id, input) {
      const before = articles.get(id);
      if (!before) return failed(refused("NOT_FOUND", "id", "Article does not exist"));
      const { blogId = before.blogId, handle = before.handle } = input;
      const problem = problemOf({ ...input, blogId, handle }, id);
      if (problem) return failed(problem);
      const { isPublished = before.isPublished, metafields = [], author, publishDate: _, ...fields } = input;
      const named = new Map(
        [...before.metafields, ...metafields].map((one) => [`${one.namespace}.${one.key}`, one]),
      );
      const article: ShopArticle = {
        ...before,
        ...fields,
        handle,
        blogId: numberOf(blogId),
        author: author?.name ?? before.author,
        metafields: [...named.values()],
        ...publishedAs(isPublished, before.publishedAt),
      };
      articles.set(id, article);
      return { article, userErrors: [] };
    },
    remove: (id) => void articles.delete(id),
    search(query) {
      const terms = [...query.matchAll(/(\w+):("[^"]*"|\S+)/g)].map(([, name = "", value = ""]) => ({
        name,
        value: value.replaceAll('"', ""),
      }));
      return [...articles.values()].filter(
        (one) =>
          one.indexedAt <= Date.now() &&
          terms.every(
            ({ name, value }) => (name === "blog_id" ? one.blogId : name === "handle" && one.handle) === value,
          ),
      );
    },
  };
}

const publishedAs = (isPublished: boolean, before: string | null) => ({
  isPublished,
  publishedAt: isPublished ? (before ?? new Date().toISOString()) : null,
});
const failed = (error: UserError): Written => ({ article: null, userErrors: [error] });
const refused = (code: string, field: string, message: string): UserError => ({
  code,
  field: field === "id" ? ["id"] : ["article", field],
  message,
});
const numberOf = (id = ""): string => id.replace("gid://shopify/Blog/", "");
const slugOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
