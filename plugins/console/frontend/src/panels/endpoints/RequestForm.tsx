import { Select, TextField } from "../../kit/Fields";
import { useTexts } from "../../texts";
import { takesBody } from "./curl";
import { METHODS } from "./model";
import { Pairs } from "./Pairs";
import type { Sampled } from "./sample";

/** The request that the code is tried with, and that the curl line makes. */
export function RequestForm({ sampled: { sample, setSample } }: { sampled: Sampled }) {
  const t = useTexts().endpoints;
  const named = Object.entries(sample.path);
  return (
    <details open={named.length > 0 || undefined}>
      <summary>{t.request}</summary>
      <div className="stack">
        <p className="quiet-text">{t.requestHelp}</p>
        {named.map(([name, value]) => (
          <TextField key={name} label={t.pathPart(name)} code value={value} onChange={(text) => setSample({ path: { ...sample.path, [name]: text } })} />
        ))}
        <Pairs label={t.params} value={sample.query} onChange={(query) => setSample({ query })} />
        <Select label={t.method} value={sample.method} onChange={(method) => setSample({ method })} options={METHODS.map((value) => ({ value, label: value }))} />
        {takesBody(sample.method) && <TextField label={t.body} lines={4} code value={sample.body} onChange={(body) => setSample({ body })} />}
      </div>
    </details>
  );
}
