/** One value of a record, as short as a list wants it. What users wrote is text and nothing else. */
import { useTexts } from "../../texts";
import type { Field, Json } from "./model";
import { useWords } from "./words";

const LONGEST = 200;
const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

export function Value({ field, value }: { field: Field; value: Json }) {
  const words = useWords();
  const t = useTexts().kit;
  if (value === undefined || value === null) return null;
  if (typeof value === "number") return <>{words.number(value)}</>;
  if (typeof value === "boolean") return <>{value ? t.yes : t.no}</>;
  if (typeof value === "string") return <>{cut(shown(field, value, words.time))}</>;
  if (Array.isArray(value)) return <>{cut(value.map((one) => (typeof one === "object" ? JSON.stringify(one) : String(one))).join(", "))}</>;
  return <code>{cut(JSON.stringify(value))}</code>;
}

function shown(field: Field, value: string, time: (at: string) => string): string {
  if (field.type === "datetime") return time(value);
  if (field.type === "select") return field.options?.find((one) => one.value === value)?.label || value;
  return value;
}
