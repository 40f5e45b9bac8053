/** A value of a list or of an item, as its column says. Whatever it is, it is shown as text. */
import { useQuery } from "@tanstack/react-query";
import { Badge } from "../../kit/Badge";
import { useWatched } from "../../api/watched";
import { language, useTexts } from "../../texts";
import { addressOf } from "../location";
import { usePanels, type CollectionContent, type Column } from "../panels";
import { listOf } from "./reading";

interface Props {
  value: unknown;
  column: Pick<Column, "kind" | "digits" | "panel">;
  /** As a list has room for. */
  short?: boolean;
}

export function Value({ value, column, short }: Props) {
  const t = useTexts().kit;
  const spoken = useWatched(language);
  if (value === undefined || value === null || value === "") return null;
  if (column.panel) return <Reference name={column.panel} id={String(value)} />;
  switch (column.kind) {
    case "state":
      return <Badge state={value === true ? t.yes : value === false ? t.no : word(value)} tone={String(value)} />;
    case "number":
      return <>{number(value, spoken, column.digits)}</>;
    case "bytes":
      return <>{bytes(value, spoken)}</>;
    case "seconds":
      return <>{`${number(value, spoken, column.digits)} s`}</>;
    case "time":
      return <Time value={value} spoken={spoken} short={short} />;
    case "list":
      return <>{Array.isArray(value) ? value.map(word).join(", ") : word(value)}</>;
    case "code":
      return <code>{word(value)}</code>;
    case "link":
      return <Link address={word(value)} />;
    default:
      return <>{value === true ? t.yes : value === false ? t.no : word(value)}</>;
  }
}

const word = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function number(value: unknown, spoken: string, digits: number | null): string {
  const found = typeof value === "number" ? value : Number(value);
  if (!Number.isFinite(found)) return word(value);
  const exact = digits === null ? { maximumFractionDigits: 3 } : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return found.toLocaleString(spoken, exact);
}

function bytes(value: unknown, spoken: string): string {
  const found = Number(value);
  if (!Number.isFinite(found)) return word(value);
  const at = found < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(found) / 3));
  return `${(found / 1000 ** at).toLocaleString(spoken, { maximumFractionDigits: at ? 1 : 0 })} ${["B", "kB", "MB", "GB", "TB"][at]}`;
}

function Time({ value, spoken, short }: { value: unknown; spoken: string; short?: boolean }) {
  const found = new Date(typeof value === "number" ? value * 1000 : String(value));
  if (Number.isNaN(found.getTime())) return <>{word(value)}</>;
  const text = found.toLocaleString(spoken, { dateStyle: short ? "short" : "medium", timeStyle: short ? "short" : "medium" });
  return (
    <time dateTime={found.toISOString()} title={found.toISOString()}>
      {text}
    </time>
  );
}

/** Only what a browser opens as a page is a link: an address may be anybody's. */
function Link({ address }: { address: string }) {
  if (!/^https?:\/\//i.test(address)) return <>{address}</>;
  return (
    <a href={address} target="_blank" rel="noreferrer noopener">
      {address}
    </a>
  );
}

/** The name of an item of another panel, and a way to it. */
function Reference({ name, id }: { name: string; id: string }) {
  const panel = usePanels().data?.find((one) => one.name === name);
  const content = panel?.content.kind === "collection" ? panel.content : null;
  if (!content) return <code>{id}</code>;
  return <Named panel={name} content={content} id={id} />;
}

function Named({ panel, content, id }: { panel: string; content: CollectionContent; id: string }) {
  const { data } = useQuery({
    queryKey: ["names", panel],
    queryFn: () => listOf(content, new URLSearchParams(content.paging ? { [content.paging.size]: "100" } : {})),
    staleTime: 60_000,
  });
  const item = data?.items.find((one) => data.keyOf(one) === id);
  const text = item && data ? data.nameOf(item) : id;
  return content.detail ? <a href={addressOf(panel, `/${encodeURIComponent(id)}`)}>{text}</a> : <>{text}</>;
}
