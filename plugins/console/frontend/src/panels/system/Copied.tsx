import { useState } from "react";
import { Button } from "../../kit/Button";
import { useTexts } from "../../texts";

/** A command, and a button that copies it. */
export function Copied({ text }: { text: string }) {
  const t = useTexts().kit;
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
  };
  return (
    <span className="row">
      <code>{text}</code>
      {"clipboard" in navigator && (
        <Button kind="quiet" onPress={() => void copy()}>
          {done ? t.copied : t.copy}
        </Button>
      )}
    </span>
  );
}
