import { useState } from "react";
import { useTexts } from "../../texts";
import { TextField } from "../Fields";
import type { Ready } from "./SchemaField";

const written = (value: unknown): string => (value === undefined ? "" : JSON.stringify(value, null, 2));

/** Any value, as JSON. While it is none, the text stays, and nothing is sent in its place. */
export function JsonField({ value, onChange, common, schema }: Ready) {
  const t = useTexts().kit;
  const [text, setText] = useState(() => written(value));
  const [wrong, setWrong] = useState(false);
  const change = (next: string) => {
    setText(next);
    try {
      onChange(next.trim() ? JSON.parse(next) : undefined);
      setWrong(false);
    } catch {
      setWrong(true);
    }
  };
  return <TextField {...common} code lines={4} value={text} error={wrong ? t.notJson : common.error} placeholder={written(schema.default)} onChange={change} />;
}
