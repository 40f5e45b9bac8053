/** A day, or a moment: chosen as the browser lets one choose, and sent as the API wants it. */
import { useWatched } from "../../api/watched";
import { language, useTexts } from "../../texts";
import { TextField } from "../Fields";
import type { Ready } from "./SchemaField";

/** `2026-01-31T09:30` where the browser is, as an input of times holds it. */
function local(text: string): string {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function DayField({ value, onChange, common, required }: Ready) {
  const text = typeof value === "string" ? value : "";
  return <TextField {...common} type="date" value={text} onChange={(next) => onChange(next || (required ? next : undefined))} />;
}

export function TimeField({ value, onChange, common }: Ready) {
  const t = useTexts().kit;
  const spoken = useWatched(language);
  const text = typeof value === "string" ? value : "";
  const zone = new Intl.DateTimeFormat(spoken, { timeZoneName: "short" }).formatToParts().find((part) => part.type === "timeZoneName")?.value;
  return (
    <TextField
      {...common}
      type="datetime-local"
      help={[common.help, t.timeZone(zone ?? "")].filter(Boolean).join(" ")}
      value={local(text)}
      onChange={(next) => onChange(next ? new Date(next).toISOString() : undefined)}
    />
  );
}
