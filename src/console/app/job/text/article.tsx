import type { Body } from "galley/client";
import { Copy } from "../../parts/copy.tsx";
import { Facts } from "../../parts/facts/facts.tsx";
import { Icon } from "../../parts/icons.tsx";
import { Loading, Problem } from "../../parts/notice.tsx";
import { Ago } from "../../parts/time.tsx";
import { useAnswer } from "../../state/answer.ts";
import { client } from "../../state/session.ts";
import { Sheet } from "./sheet.tsx";

type ArticleBody = Body<"getArticle">;

/** An article to read, to take along as Markdown, and what else there is of it. */
export function Article({ id }: { id: string }) {
  const { value, error, reload } = useAnswer(
    async (signal) => {
      const { articles } = client.value;
      const [html, markdown, article] = await Promise.all([
        articles.html(id, { signal }),
        articles.markdown(id, { signal }),
        articles.get(id, { signal }),
      ]);
      return { html, markdown, article };
    },
    [id],
  );
  return (
    <Sheet title="The article" tools={value && <Tools slug={value.article.slug} markdown={value.markdown} />}>
      {error && <Problem error={error} onRetry={reload} />}
      {value === undefined && !error && <Loading what="the article" lines={5} />}
      {value !== undefined && (
        <>
          <Publications of={value.article} />
          {/* The service has sanitised it, and the page's policy runs no script. */}
          <article class="prose" dangerouslySetInnerHTML={{ __html: value.html }} />
          <ForSearch article={value.article} />
        </>
      )}
    </Sheet>
  );
}

function Tools({ slug, markdown }: { slug: string; markdown: string }) {
  const download = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([markdown], { type: "text/markdown" }));
    link.download = `${slug}.md`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <div class="buttons">
      <Copy text={markdown} of="as Markdown" />
      <button type="button" class="button small" onClick={download}>
        <Icon name="down" />
        Download
      </button>
    </div>
  );
}

const stateWords = { creating: "On its way to", draft: "A draft in", live: "Live in" } as const;

/** In which blogs it is. */
const Publications = ({ of: { publications } }: { of: ArticleBody }) =>
  publications.map(({ shop, blogId, state, updatedAt }) => (
    <p key={`${shop} ${blogId}`} class="publication">
      {stateWords[state]} <b>{shop}</b>, blog {blogId}, <Ago time={updatedAt} />
    </p>
  ));

/** What search engines are told of it. */
function ForSearch({ article: { metaTitle, metaDescription, slug } }: { article: ArticleBody }) {
  const facts = [
    ["Title", metaTitle],
    ["Description", metaDescription],
    ["Address", slug],
  ] as const;
  return (
    <details>
      <summary>For search engines</summary>
      <Facts facts={facts} />
    </details>
  );
}
