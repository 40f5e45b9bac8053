import { usePanel } from "../../api/context";
import { Badge } from "../../kit/Badge";
import { Table, type TableColumn } from "../../kit/Table";
import { useTexts } from "../../texts";
import type { Plugin } from "./data";

const RANK = { quarantined: 0, active: 1, disabled: 2 };

/** All plugins; those that are broken come first. */
export function Plugins({ plugins }: { plugins: readonly Plugin[] | undefined }) {
  const t = useTexts().system;
  const panel = usePanel();
  if (!plugins) return <p>{t.loading}</p>;
  const columns: TableColumn<Plugin>[] = [
    { id: "name", title: t.plugin, width: "minmax(120px, 1fr)", render: (row) => <strong>{row.name}</strong> },
    { id: "version", title: t.version, width: "90px", render: (row) => row.version },
    { id: "state", title: t.state, width: "130px", render: (row) => <Badge state={row.state} /> },
    { id: "summary", title: t.what, width: "minmax(0, 3fr)", render: (row) => row.reason || row.summary },
  ];
  const rows = [...plugins].sort((one, other) => RANK[one.state] - RANK[other.state] || one.name.localeCompare(other.name));
  return (
    <Table
      label={t.areas.plugins}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.name}
      onOpen={(row) => panel.navigate(`/plugins/${encodeURIComponent(row.name)}`)}
    />
  );
}
