/** Every setting, its value, and where that came from, as `pegboard config` prints them. */
import { useState } from "react";
import { Checkbox, TextField } from "../../kit/Fields";
import { Failure, Notice } from "../../kit/Notice";
import { Table, type TableColumn } from "../../kit/Table";
import { useTexts } from "../../texts";
import { useSettings, type Setting } from "./data";

export function Settings() {
  const t = useTexts().system;
  const [words, setWords] = useState("");
  const [changed, setChanged] = useState(false);
  const settings = useSettings();
  if (settings.error) return <Failure error={settings.error} retry={() => void settings.refetch()} />;
  if (settings.data === undefined) return <p>{t.loading}</p>;
  if (settings.data === null) return <Notice tone="plain">{t.operatorsOnly}</Notice>;
  const wanted = words.trim().toLowerCase();
  const rows = settings.data.settings.filter(
    (one) => (!changed || one.source !== "default") && `${one.path} ${one.help}`.toLowerCase().includes(wanted),
  );
  const columns: TableColumn<Setting>[] = [
    { id: "path", title: t.setting, width: "minmax(0, 2fr)", render: (row) => <code>{row.path}</code> },
    { id: "shown", title: t.value, width: "minmax(0, 2fr)", render: (row) => row.shown },
    { id: "source", title: t.from, width: "minmax(0, 1fr)", render: (row) => row.source },
    { id: "help", title: t.meaning, width: "minmax(0, 3fr)", render: (row) => row.help },
  ];
  return (
    <>
      <div className="system-tools">
        <TextField label={t.find} type="search" value={words} onChange={setWords} />
        <Checkbox label={t.onlyChanged} value={changed} onChange={setChanged} />
      </div>
      <div className="system-settings">
        <Table label={t.areas.settings} columns={columns} rows={rows} rowKey={(row) => row.path} />
      </div>
    </>
  );
}
