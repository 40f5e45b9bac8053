/** A JSON value as a tree: by mouse, or by arrow keys as any tree (WAI-ARIA); long lists and long texts in parts. */
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useTexts } from "../texts";
import { JsonRow } from "./json/JsonRow";
import { isLong, opened, PAGE, rowsOf, type Row } from "./json/rows";
import "./json/json.css";

interface Props {
  value: unknown;
  label?: string;
  /** A value was chosen; without it the tree is only to be read. */
  onPick?: (pointer: string, value: unknown) => void;
  picked?: readonly string[];
}

const keyOf = (row: Row): string => (row.more ? `${row.pointer}/…more` : row.pointer);
const parentOf = (row: Row): string => (row.more ? row.pointer : row.pointer.slice(0, row.pointer.lastIndexOf("/")));

export function JsonView({ value, label = "JSON", onPick, picked = [] }: Props) {
  const t = useTexts().viewers;
  const [open, setOpen] = useState(() => opened(value));
  const [limits, setLimits] = useState<ReadonlyMap<string, number>>(new Map());
  const [current, setCurrent] = useState("");
  /** The row that has the focus next: the first of those that were just asked for. */
  const [wanted, setWanted] = useState<number | null>(null);
  const tree = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => rowsOf(value, open, limits), [value, open, limits]);
  useEffect(() => (setOpen(opened(value)), setLimits(new Map()), setCurrent("")), [value]);
  const at = Math.max(rows.findIndex((row) => keyOf(row) === current), 0);

  const toggle = (row: Row) => {
    const next = new Set(open);
    if (!next.delete(row.pointer)) next.add(row.pointer);
    setOpen(next);
  };
  const more = (row: Row) => {
    setLimits(new Map(limits).set(row.pointer, (limits.get(row.pointer) ?? PAGE) + PAGE));
    setWanted(rows.indexOf(row));
  };
  const goTo = (to: number) => {
    const row = rows[Math.min(Math.max(to, 0), rows.length - 1)]!;
    setCurrent(keyOf(row));
    tree.current?.querySelectorAll<HTMLElement>("[role=treeitem]")[rows.indexOf(row)]?.focus();
  };
  useEffect(() => {
    if (wanted !== null) (goTo(wanted), setWanted(null));
  }, [wanted]); // eslint-disable-line react-hooks/exhaustive-deps
  const choose = (row: Row) => {
    if (row.more) return more(row);
    if (onPick) return onPick(row.pointer, row.value);
    if (row.size || isLong(row)) toggle(row);
  };
  const pressed = (event: KeyboardEvent) => {
    const row = rows[at]!;
    const keys: Record<string, () => void> = {
      ArrowDown: () => goTo(at + 1),
      ArrowUp: () => goTo(at - 1),
      Home: () => goTo(0),
      End: () => goTo(rows.length - 1),
      ArrowRight: () => ((row.size || isLong(row)) && !row.open ? toggle(row) : goTo(at + 1)),
      ArrowLeft: () => (row.open ? toggle(row) : goTo(rows.findIndex((one) => keyOf(one) === parentOf(row)))),
      Enter: () => choose(row),
      " ": () => choose(row),
    };
    const act = event.target === event.currentTarget || (event.target as Element).role === "treeitem" ? keys[event.key] : undefined;
    if (!act) return;
    event.preventDefault();
    act();
  };

  return (
    <div className="json" role="tree" aria-label={label} ref={tree} onKeyDown={pressed}>
      {rows.map((row, index) => (
        <JsonRow
          key={keyOf(row)}
          row={row}
          texts={t}
          current={index === at}
          picked={picked.includes(row.pointer) && !row.more}
          pickable={!!onPick}
          onFocus={() => setCurrent(keyOf(row))}
          onToggle={() => toggle(row)}
          onChoose={() => choose(row)}
        />
      ))}
    </div>
  );
}
