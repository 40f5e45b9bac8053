/** A list of any length: only the rows in sight are drawn. Under 640 px each row is a card. */
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState, type CSSProperties, type KeyboardEvent, type ReactNode } from "react";
import { useNarrow } from "./narrow";

export interface TableColumn<R> {
  id: string;
  title: string;
  /** Its title is for those who do not see that it needs none. */
  untitled?: boolean;
  render: (row: R) => ReactNode;
  /** A CSS track, such as "120px" or "2fr". */
  width?: string;
  sortable?: boolean;
  align?: "start" | "end";
}

export interface Sort {
  column: string;
  descending: boolean;
}

interface Props<R> {
  label: string;
  columns: readonly TableColumn<R>[];
  rows: readonly R[];
  /** What a row is known by; its `id` where nothing is said. */
  rowKey?: (row: R) => string;
  onOpen?: (row: R) => void;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  /** The keys of the rows that are marked. */
  selected?: ReadonlySet<string>;
  /** Called when the last rows come into sight. */
  onEnd?: () => void;
}

const ROW = 43;
const CARD = 150;

export function Table<R>({ label, columns, rows, rowKey, onOpen, sort, onSort, selected, onEnd }: Props<R>) {
  const name = rowKey ?? ((row: R) => String((row as { id?: unknown }).id));
  const narrow = useNarrow(639);
  const body = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  const [current, setCurrent] = useState(0);
  useLayoutEffect(() => setOffset((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY), [rows.length, narrow]);
  const rolled = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => (narrow ? CARD : ROW),
    overscan: 10,
    scrollMargin: offset,
    gap: narrow ? 8 : 0,
    getItemKey: (at) => name(rows[at]!),
  });
  const shown = rolled.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useLayoutEffect(() => {
    if (rows.length && last >= rows.length - 5) onEnd?.();
  }, [last, rows.length, onEnd]);

  /** Where the keys have led to: the focus may be a moment behind. */
  const aim = useRef(0);
  const go = (to: number) => {
    const at = Math.max(0, Math.min(rows.length - 1, to));
    aim.current = at;
    setCurrent(at);
    rolled.scrollToIndex(at, { align: "auto" });
    const row = () => body.current?.querySelector<HTMLElement>(`[data-index="${at}"]`);
    const focus = () => aim.current === at && row()?.focus({ preventScroll: true });
    if (row()) focus();
    else requestAnimationFrame(() => requestAnimationFrame(focus));
  };
  const press = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const at = aim.current;
    const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 10, PageUp: at - 10, Home: 0, End: rows.length - 1 };
    if (event.key === "Enter" && onOpen) onOpen(rows[at]!);
    else if (event.key in steps) go(steps[event.key]!);
    else return;
    event.preventDefault();
  };

  const style = { "--columns": columns.map((one) => one.width ?? "minmax(0, 1fr)").join(" ") } as CSSProperties;
  return (
    <div role="grid" aria-label={label} aria-rowcount={rows.length + 1} className="grid" style={style}>
      <div role="rowgroup" className="grid-head">
        <div role="row" aria-rowindex={1}>
          {columns.map((column) => (
            <Head key={column.id} column={column} sort={sort} onSort={onSort} />
          ))}
        </div>
      </div>
      <div role="rowgroup" ref={body} className="grid-body" style={{ height: rolled.getTotalSize() }}>
        {shown.map(({ key, index, start }) => {
          const row = rows[index]!;
          return (
            <div
              key={key}
              ref={rolled.measureElement}
              data-index={index}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={selected ? selected.has(name(row)) : undefined}
              tabIndex={index === Math.min(current, rows.length - 1) ? 0 : -1}
              className={onOpen ? "opens" : undefined}
              style={{ transform: `translateY(${start - offset}px)` }}
              onFocus={() => (setCurrent(index), (aim.current = index))}
              onKeyDown={press}
              onClick={(event) => onOpen && !(event.target as Element).closest("a, button, input, label") && onOpen(row)}
            >
              {columns.map((column) => (
                <div key={column.id} role="gridcell" data-label={column.title} className={column.align === "end" ? "align-end" : undefined}>
                  {column.render(row)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Head<R>({ column, sort, onSort }: { column: TableColumn<R>; sort?: Sort; onSort?: (sort: Sort) => void }) {
  const own = sort?.column === column.id ? sort : undefined;
  const order = own ? (own.descending ? "descending" : "ascending") : undefined;
  const className = column.align === "end" ? "align-end" : undefined;
  if (column.untitled) {
    return (
      <div role="columnheader">
        <span className="visually-hidden">{column.title}</span>
      </div>
    );
  }
  if (!column.sortable || !onSort) return <div role="columnheader" className={className}>{column.title}</div>;
  return (
    <div role="columnheader" aria-sort={order ?? "none"} className={className}>
      <button type="button" className="sort" onClick={() => onSort({ column: column.id, descending: own ? !own.descending : false })}>
        {column.title} <span aria-hidden="true">{own ? (own.descending ? "↓" : "↑") : "↕"}</span>
      </button>
    </div>
  );
}
