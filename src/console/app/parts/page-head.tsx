import type { ComponentChildren } from "preact";
import { paths } from "../state/paths.ts";
import { Icon } from "./icons.tsx";
import { PageTitle } from "./page-title.tsx";
import { Ago } from "./time.tsx";

const lists = { jobs: "Jobs", batches: "Batches" } as const;

type Props = {
  /** The list that it comes from. */
  of: keyof typeof lists;
  title: string;
  status: ComponentChildren;
  submittedAt: string;
  /** Between the status and the time. */
  about: readonly ComponentChildren[];
  /** What one can do with it. */
  children?: ComponentChildren;
};

/** The head of a page on one thing: the way back to the others, its name, how it stands, and what one can do with it. */
export const PageHead = ({ of, title, status, submittedAt, about, children }: Props) => (
  <>
    <a class="back" href={paths[of]}>
      <Icon name="back" />
      {lists[of]}
    </a>
    <header class="page-head">
      <div>
        <PageTitle tab={title}>{title}</PageTitle>
        <p class="meta">
          <span role="status">{status}</span>
          {about.map((one, index) => (
            <span key={index}>{one}</span>
          ))}
          <span>
            submitted <Ago time={submittedAt} />
          </span>
        </p>
      </div>
      {children}
    </header>
  </>
);
