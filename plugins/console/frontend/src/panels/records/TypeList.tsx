/** All types of records, with how many there are of each. */
import { usePanel } from "../../api/context";
import { Button } from "../../kit/Button";
import { Failure } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { Table, type TableColumn } from "../../kit/Table";
import { useTexts } from "../../texts";
import { useCount, useTypes } from "./data";
import { nameOf, type ShardType } from "./model";
import { listPath } from "./route";
import { useWords } from "./words";

export function TypeList() {
  const t = useTexts().records;
  const panel = usePanel();
  const types = useTypes();
  const words = useWords();
  const make = (
    <Button kind="primary" onPress={() => panel.navigate("/new-type")}>
      {t.newType}
    </Button>
  );
  const columns: TableColumn<ShardType>[] = [
    { id: "name", title: t.type, width: "minmax(160px, 2fr)", render: (row) => <strong>{nameOf(row)}</strong> },
    { id: "id", title: t.id, render: (row) => <code>{row.id}</code> },
    { id: "count", title: t.records, width: "110px", align: "end", render: (row) => <Count type={row.id} /> },
    { id: "fields", title: t.fields, width: "90px", align: "end", render: (row) => row.fields.length },
    { id: "updated", title: t.changed, width: "170px", render: (row) => words.time(row.updatedAt) },
  ];
  return (
    <Page title={t.title} summary={t.summary} actions={types.data?.length ? make : null}>
      {types.error && <Failure error={types.error} retry={() => void types.refetch()} />}
      {types.data?.length === 0 && (
        <div className="empty">
          <h2>{t.noTypes}</h2>
          <p>{t.noTypesText}</p>
          {make}
        </div>
      )}
      {!!types.data?.length && (
        <Table label={t.title} columns={columns} rows={types.data} rowKey={(row) => row.id} onOpen={(row) => panel.navigate(listPath(row.id))} />
      )}
    </Page>
  );
}

function Count({ type }: { type: string }) {
  const words = useWords();
  const { data } = useCount(type);
  return <>{data === undefined ? "" : words.number(data)}</>;
}
