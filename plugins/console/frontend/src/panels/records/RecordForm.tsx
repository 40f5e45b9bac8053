/** The fields of a record, as its type wants them. */
import type { Problem } from "../../api/problem";
import { Failure } from "../../kit/Notice";
import { SchemaForm } from "../../kit/SchemaForm";
import { formOf, type Data, type ShardType } from "./model";

interface Props {
  type: ShardType;
  /** What decides which fields there are beside those of the type. */
  saved: Data;
  value: Data;
  onChange: (value: Data) => void;
  problem: Problem | null;
}

export function RecordForm({ type, saved, value, onChange, problem }: Props) {
  const form = formOf(type, { ...saved, ...value });
  const placed = (pointer = "") => Object.keys(form.properties ?? {}).some((name) => pointer === `/data/${name}`);
  const hidden = problem && (!problem.errors.length || problem.errors.some((error) => !placed(error.pointer)));
  return (
    <>
      {hidden && problem.status !== 412 && <Failure error={problem} />}
      <SchemaForm schema={form} value={value} onChange={onChange} pointer="/data" problem={problem} />
    </>
  );
}
