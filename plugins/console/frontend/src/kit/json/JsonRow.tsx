import type { Texts } from "../../texts";
import { isLong, leaf, LONG, type Row } from "./rows";

interface Props {
  row: Row;
  texts: Texts["viewers"];
  current: boolean;
  picked: boolean;
  pickable: boolean;
  onFocus: () => void;
  onToggle: () => void;
  onChoose: () => void;
}

function Leaf({ row, texts, onToggle }: Pick<Props, "row" | "texts" | "onToggle">) {
  const text = leaf(row.value);
  if (!isLong(row)) return <span className={`json-${row.kind}`}>{text}</span>;
  return (
    <span className={`json-${row.kind}`}>
      {row.open ? text : `${text.slice(0, LONG)}…`}
      <button type="button" tabIndex={-1} className="json-more" onClick={(event) => (event.stopPropagation(), onToggle())}>
        {row.open ? texts.less : texts.more}
      </button>
    </span>
  );
}

function Inside({ row, texts, onToggle }: Pick<Props, "row" | "texts" | "onToggle">) {
  if (row.more) return <span className="json-more">{texts.moreItems(row.more)}</span>;
  if (row.kind === "array") return <span className="json-size">[{texts.items(row.size)}]</span>;
  if (row.kind === "object") return <span className="json-size">{`{${texts.members(row.size)}}`}</span>;
  return <Leaf row={row} texts={texts} onToggle={onToggle} />;
}

export function JsonRow({ row, texts, current, picked, pickable, onFocus, onToggle, onChoose }: Props) {
  const branch = row.size > 0;
  const active = pickable || branch || row.more > 0;
  return (
    <div
      role="treeitem"
      aria-level={row.depth + 1}
      aria-expanded={branch ? row.open : undefined}
      aria-selected={pickable ? picked : undefined}
      tabIndex={current ? 0 : -1}
      className={["json-row", active && "active", picked && "picked"].filter(Boolean).join(" ")}
      style={{ paddingInlineStart: row.depth * 16 }}
      onFocus={onFocus}
      onClick={onChoose}
    >
      <span aria-hidden="true" className="json-arrow" onClick={(event) => branch && (event.stopPropagation(), onToggle())}>
        {branch ? (row.open ? "▾" : "▸") : ""}
      </span>
      {row.name !== "" && <span className="json-name">{row.name}: </span>}
      <Inside row={row} texts={texts} onToggle={onToggle} />
      {picked && <span className="json-picked">✓ {texts.picked}</span>}
    </div>
  );
}
