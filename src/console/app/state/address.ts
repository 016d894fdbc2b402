import { signal } from "@preact/signals";

/** Where the page is: path and search, as the browser's bar shows them. */
export const address = signal(new URL(location.href));

const follow = () => {
  address.value = new URL(location.href);
};

/** Goes to an address of the console, as a link would; `replace` leaves no entry behind to come back to. */
export function go(href: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  follow();
}

/** The same address with other search parameters; an empty text takes one away. */
export function withSearch(changes: Record<string, string>): string {
  const { pathname, searchParams } = address.value;
  const search = new URLSearchParams(searchParams);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") search.delete(name);
    else search.set(name, value);
  }
  return search.size > 0 ? `${pathname}?${search}` : pathname;
}

/** Lets links between the console's pages keep what is loaded. All others stay the browser's. */
export function followLinks(isOwn: (path: string) => boolean): void {
  addEventListener("popstate", follow);
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || event.defaultPrevented || link.target !== "") return;
    if (link.origin !== location.origin || !isOwn(link.pathname) || link.hash !== "") return;
    event.preventDefault();
    go(link.href);
  });
}
