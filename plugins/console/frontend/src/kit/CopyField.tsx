import { useState } from "react";
import { useTexts } from "../texts";
import { Button } from "./Button";
import { TextField } from "./Fields";

/** A text that somebody takes elsewhere. */
export function CopyField({ label, text }: { label: string; text: string }) {
  const t = useTexts().kit;
  const [copied, setCopied] = useState(false);
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true), () => setCopied(false));
  return (
    <div className="pair">
      <TextField label={label} value={text} readOnly code onChange={() => undefined} />
      <Button onPress={copy}>{copied ? t.copied : t.copy}</Button>
    </div>
  );
}
