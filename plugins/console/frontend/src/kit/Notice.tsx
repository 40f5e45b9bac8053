import type { ReactNode } from "react";
import { problemFrom } from "../api/problem";
import { useTexts } from "../texts";
import { Button } from "./Button";

interface Props {
  tone: "good" | "bad" | "busy" | "plain";
  children: ReactNode;
}

export const Notice = ({ tone, children }: Props) => (
  <div className={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
    {children}
  </div>
);

/** A failure, in the server's own words, and a way on. Errors of fields that are shown elsewhere may be left out. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useTexts();
  const problem = problemFrom(error);
  return (
    <Notice tone="bad">
      <p>{problem.detail}</p>
      {problem.errors.length > 0 && (
        <ul>
          {problem.errors.map((one, at) => (
            <li key={at}>
              {one.pointer && <code>{one.pointer}</code>} {one.detail}
            </li>
          ))}
        </ul>
      )}
      {retry && <Button onPress={retry}>{t.kit.tryAgain}</Button>}
    </Notice>
  );
}
