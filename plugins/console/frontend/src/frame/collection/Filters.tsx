/** What of a list is shown. It is in the address, so that one can come back to it and hand it on. */
import { useEffect, useState } from "react";
import { Button } from "../../kit/Button";
import { TextField } from "../../kit/Fields";
import { SchemaForm } from "../../kit/SchemaForm";
import { plain, typesOf } from "../../kit/schema/model";
import { useTexts } from "../../texts";
import type { JsonSchema } from "../../api/jsonschema";
import type { CollectionContent } from "../panels";
import { Chips } from "./Chips";

interface Props {
  content: CollectionContent;
  query: URLSearchParams;
  onChange: (query: URLSearchParams) => void;
}

const WAIT = 300;
const OTHERS = new Set(["sort"]);

export function Filters({ content, query, onChange }: Props) {
  const t = useTexts().lists;
  const names = Object.keys(content.filters?.properties ?? {}).filter((name) => name !== content.search && name !== content.chips);
  const active = names.filter((name) => query.has(name)).length;
  const [open, setOpen] = useState(active > 0);
  if (!content.search && !content.chips && names.length === 0) return null;
  return (
    <div className="stack filters">
      <div className="row">
        {content.search && <Words name={content.search} query={query} onChange={onChange} />}
        {content.chips && (
          <Chips name={content.chips} schema={content.filters!} value={query.get(content.chips) ?? ""} onChange={(value) => onChange(put(query, content.chips, value))} />
        )}
        {names.length > 0 && (
          <Button aria-expanded={open} onPress={() => setOpen(!open)}>
            {t.filters(active)}
          </Button>
        )}
        {[...query.keys()].some((name) => !OTHERS.has(name)) && (
          <Button kind="quiet" onPress={() => onChange(kept(query))}>
            {t.clear}
          </Button>
        )}
      </div>
      {open && names.length > 0 && <Chosen schema={content.filters!} names={names} query={query} onChange={onChange} />}
    </div>
  );
}

const kept = (query: URLSearchParams): URLSearchParams => new URLSearchParams([...query].filter(([name]) => OTHERS.has(name)));

function put(query: URLSearchParams, name: string, value: string): URLSearchParams {
  const next = new URLSearchParams(query);
  if (value === "") next.delete(name);
  else next.set(name, value);
  return next;
}

/** Waits until nobody has typed for a moment. */
function useLate<T>(value: T, told: (value: T) => void): [T, (value: T) => void] {
  const [own, setOwn] = useState(value);
  const [last, setLast] = useState(value);
  if (value !== last) {
    setLast(value);
    setOwn(value);
  }
  useEffect(() => {
    if (own === value) return;
    const timer = setTimeout(() => told(own), WAIT);
    return () => clearTimeout(timer);
  });
  return [own, setOwn];
}

function Words({ name, query, onChange }: { name: string } & Omit<Props, "content">) {
  const t = useTexts().lists;
  const [words, setWords] = useLate(query.get(name) ?? "", (text) => onChange(put(query, name, text)));
  return <TextField label={t.search} type="search" value={words} onChange={setWords} />;
}

function Chosen({ schema, names, query, onChange }: { schema: JsonSchema; names: string[] } & Omit<Props, "content">) {
  const read = (text: string) => Object.fromEntries([...new URLSearchParams(text)].map(([name, value]) => [name, valueOf(schema, name, value)]));
  const [text, setText] = useLate(query.toString(), (next) => onChange(new URLSearchParams(next)));
  const change = (value: Record<string, unknown>) => {
    const next = new URLSearchParams(text);
    for (const name of names) {
      const one = value[name];
      if (one === undefined || one === null || one === "") next.delete(name);
      else next.set(name, String(one));
    }
    setText(next.toString());
  };
  return (
    <div className="card filter-fields">
      <SchemaForm schema={schema} only={names} value={read(text)} onChange={change} />
    </div>
  );
}

/** A text of the address as the value that its field holds. */
function valueOf(schema: JsonSchema, name: string, text: string): unknown {
  const field = plain(schema.properties?.[name] ?? {}, schema).schema;
  const types = typesOf(field);
  if (types.includes("boolean")) return text === "true";
  if (types.some((type) => type === "integer" || type === "number") && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  return text;
}
