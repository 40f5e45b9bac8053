import { useState, type ReactNode } from "react";

interface Props {
  summary: ReactNode;
  /** Opens it from outside, as where there is a mistake in it. */
  open?: boolean;
  className?: string;
  children: ReactNode;
}

/** What is behind a click, and is not made before it: forms are dear where there are many of them. */
export function Unfolded({ summary, open, className, children }: Props) {
  const [opened, setOpened] = useState(!!open);
  const shown = opened || !!open;
  return (
    <details className={className} open={shown} onToggle={(event) => setOpened(event.currentTarget.open)}>
      <summary>{summary}</summary>
      {shown && children}
    </details>
  );
}
