import { memo, useMemo } from "react";
import type { FieldError } from "../../api/problem";
import { Button } from "../../kit/Button";
import { Checkbox, Select } from "../../kit/Fields";
import { SchemaForm } from "../../kit/SchemaForm";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import { choices, kindOf, useCatalog } from "./catalog";
import type { ShardType } from "./data";
import type { FieldMapping, Json, Transform } from "./model";
import { textOf, valueOf } from "./Params";
import { brief } from "./paths";
import { PathField } from "./PathField";
import { moved, same, without } from "./places";
import { Suggest } from "./Suggest";
import { Unfolded } from "./Unfolded";

interface Props {
  number: number;
  field: FieldMapping & { then?: Transform[] };
  type: ShardType | undefined;
  value: Json;
  sampled: boolean;
  pointer: string;
  /** What is wrong with its parts. */
  errors: readonly FieldError[];
  /** Why the shown record has no value for it. */
  problem: string | undefined;
  onChange: (number: number, field: FieldMapping) => void;
  onMove: (number: number, to: number) => void;
  onRemove: (number: number) => void;
}

/** The errors at a place and below it, with pointers from there. */
export const below = (errors: readonly FieldError[], place: string): FieldError[] =>
  errors.filter((one) => one.pointer === place || one.pointer?.startsWith(`${place}/`)).map((one) => ({ ...one, pointer: one.pointer!.slice(place.length) }));

/** One field: from where, to where, what it comes to; below that how it is changed on the way. */
export const FieldRow = memo(Row, same);

function Row({ number, field, type, value, sampled, pointer, errors, problem, onChange, onMove, onRemove }: Props) {
  const t = useTexts().integrations;
  const error = (place: string) => errors.find((one) => one.pointer === place)?.detail;
  const put = (name: string, next: Json) => onChange(number, { ...field, [name]: next });
  const kind = type?.fields.find((one) => one.name === field.target);
  const targets = useMemo(
    () => (typed: string) =>
      (type?.fields ?? [])
        .filter((one) => `${one.name} ${one.label}`.toLowerCase().includes(typed.toLowerCase()))
        .map((one) => ({ text: one.name, help: [one.label, one.type, one.required && t.required].filter(Boolean).join(" · ") })),
    [type, t],
  );
  const called = field.target || String(number + 1);
  const transforms = [field.transform, ...(field.then ?? [])].filter((one) => one && one.type !== "direct");
  return (
    <li className="field-row">
      <div className="field-ends">
        <PathField label={t.sourceOf(called)} hideLabel name={`field${number}`} scope="record" value={field.source ?? "$"} onChange={(source) => put("source", source)} error={error("/source")} />
        <span aria-hidden="true">→</span>
        <Suggest label={t.targetOf(number + 1)} hideLabel value={field.target} placeholder={t.targetField} suggest={targets} onChange={(target) => put("target", target)} error={error("/target")} />
        <Button kind="quiet" aria-label={t.removeOf(called)} onPress={() => onRemove(number)}>
          ✕
        </Button>
      </div>
      {sampled && problem && <p className="react-aria-FieldError">{problem}</p>}
      <Unfolded
        open={errors.some((one) => /^\/(transform|then|default)/.test(one.pointer ?? ""))}
        summary={
          <>
            {sampled && !problem && <Result value={value} kind={kind?.type} />}
            {transforms.length ? transforms.map((one) => one!.type).join(" → ") : t.asIs}
            {kind?.required && <span className="badge plain">{t.required}</span>}
          </>
        }
      >
        <div className="stack">
          <Transforms field={field} pointer={pointer} error={error} onChange={(next) => onChange(number, next)} />
          <div className="cells">
            <Suggest label={t.defaultValue} value={textOf(field.default)} onChange={(text) => put("default", valueOf(text, undefined))} help={t.fieldDefaultHelp} error={error("/default")} />
            <Checkbox label={t.skipIfEmpty} value={!!field.skipIfEmpty} onChange={(skip) => put("skipIfEmpty", skip || undefined)} />
          </div>
          <div className="row">
            <Button kind="quiet" onPress={() => onMove(number, number - 1)}>
              ↑ {t.up}
            </Button>
            <Button kind="quiet" onPress={() => onMove(number, number + 1)}>
              ↓ {t.down}
            </Button>
          </div>
        </div>
      </Unfolded>
    </li>
  );
}

function Result({ value, kind }: { value: Json; kind: string | undefined }) {
  const t = useTexts().integrations;
  return (
    <span className="result">
      <span className="visually-hidden">{t.becomes} </span>
      <span aria-hidden="true">= </span>
      {value === undefined ? <em>{t.leftOut}</em> : <code className="breaks">{brief(value, 60)}</code>} {kind} ·{" "}
    </span>
  );
}

interface TransformsProps extends Pick<Props, "field" | "pointer"> {
  error: (place: string) => string | undefined;
  onChange: (field: FieldMapping) => void;
}

/** What is done to a value, one after another. */
function Transforms({ field, pointer, error, onChange }: TransformsProps) {
  const t = useTexts().integrations;
  const { problem } = useBuilder();
  const { data: catalog } = useCatalog();
  const all: Transform[] = [field.transform ?? { type: "direct" }, ...(field.then ?? [])];
  const put = ([first, ...then]: Transform[]) => onChange({ ...field, transform: first, ...(then.length ? { then } : { then: undefined }) } as FieldMapping);
  return (
    <ol className="transforms">
      {all.map((one, at) => {
        const place = at === 0 ? "/transform" : `/then/${at - 1}`;
        const kind = kindOf(catalog?.transforms, one.type);
        const change = (next: Transform) => put(all.map((other, index) => (index === at ? next : other)));
        return (
          <li key={at} className="stack">
            <div className="field-ends">
              <Select label={at ? t.thenTransform(at + 1) : t.transform} value={one.type} onChange={(type) => change({ type })} options={choices(catalog?.transforms)} help={kind?.summary} error={error(`${place}/type`) ?? error(`${place}/config`)} />
              {all.length > 1 && (
                <>
                  <Button kind="quiet" aria-label={`${t.up} ${one.type}`} isDisabled={!at} onPress={() => put(moved(all, at, at - 1))}>
                    ↑
                  </Button>
                  <Button kind="quiet" aria-label={t.removeOf(one.type)} onPress={() => put(without(all, at))}>
                    ✕
                  </Button>
                </>
              )}
            </div>
            {kind && Object.keys(kind.schema.properties ?? {}).length > 0 && (
              <SchemaForm schema={kind.schema} value={one.config ?? {}} onChange={(config) => change({ ...one, config })} pointer={`${pointer}${place}/config`} problem={problem} />
            )}
          </li>
        );
      })}
      <li>
        <Button kind="quiet" onPress={() => put([...all, { type: "direct" }])}>
          + {t.addTransform}
        </Button>
      </li>
    </ol>
  );
}
