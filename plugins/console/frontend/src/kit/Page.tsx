import { useEffect, useRef, type ReactNode } from "react";

interface Props {
  title: string;
  summary?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

const here = (): string => location.hash.split("?")[0]!;
let focused = here();

/** Whoever came here by a link is at the heading; whoever types within the page stays where he is. */
function arrive(heading: HTMLElement): void {
  const at = document.activeElement;
  if (focused === here() || at?.closest("[role=dialog]")) return;
  focused = here();
  heading.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

/** One page of a panel: its heading, what one can do, its content. */
export function Page({ title, summary, actions, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Pegboard`;
  }, [title]);
  const address = here();
  useEffect(() => arrive(heading.current!), [address]);
  return (
    <article className="page">
      <header className="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {summary && <p className="quiet-text">{summary}</p>}
        </div>
        {actions && <div className="row">{actions}</div>}
      </header>
      {children}
    </article>
  );
}
