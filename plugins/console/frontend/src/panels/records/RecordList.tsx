/** The records of a type: found, filtered, sorted, exported. */
import { useEffect, useMemo, useState } from "react";
import { usePanel } from "../../api/context";
import { Button } from "../../kit/Button";
import { Checkbox, TextField } from "../../kit/Fields";
import { Failure } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { Table, type Sort, type TableColumn } from "../../kit/Table";
import { useTexts } from "../../texts";
import { conditionsOf, filterOf } from "./conditions";
import { exportAt, useRecords, useType, type Asked } from "./data";
import { Filters } from "./Filters";
import { columnsOf, isNumber, isSortable, labelOf, nameOf, widthOf, type Shard, type ShardType } from "./model";
import { askedOf, listPath, queryOf, recordPath } from "./route";
import { Value } from "./Value";
import { useWords } from "./words";

export function RecordList({ type: id, query }: { type: string; query: URLSearchParams }) {
  const t = useTexts().records;
  const type = useType(id);
  if (type.error) {
    return (
      <Page title={id}>
        <Failure error={type.error} retry={() => void type.refetch()} />
      </Page>
    );
  }
  return type.data ? <Listed type={type.data} asked={askedOf(query)} /> : <Page title={id}>{t.loading}</Page>;
}

function Listed({ type, asked }: { type: ShardType; asked: Asked }) {
  const t = useTexts().records;
  const panel = usePanel();
  const words = useWords();
  const found = useRecords(type.id, asked);
  const rows = useMemo(() => found.data?.pages.flatMap((page) => page.shards) ?? [], [found.data]);
  const ask = (part: Partial<Asked>) => panel.navigate(listPath(type.id) + queryOf({ ...asked, ...part }), { replace: true });
  const total = found.data?.pages[0]?.total;
  const narrowed = !!(asked.search || asked.filter || asked.deleted);
  const make = (
    <Button kind="primary" onPress={() => panel.navigate(`${listPath(type.id)}/new`)}>
      {t.newRecord}
    </Button>
  );
  return (
    <Page
      title={nameOf(type)}
      summary={
        <>
          <a href={panel.href("/")}>{`← ${t.title}`}</a>
          {type.description && <span className="records-told">{type.description}</span>}
        </>
      }
      actions={
        <>
          <Button onPress={() => panel.navigate(`${listPath(type.id)}/edit`)}>{t.editType}</Button>
          {make}
        </>
      }
    >
      <div className="records-tools">
        <Search value={asked.search} onChange={(search) => ask({ search })} />
        <Filters type={type} conditions={conditionsOf(asked.filter, type)} onChange={(conditions) => ask({ filter: filterOf(conditions) })} />
        <Checkbox label={t.withDeleted} value={asked.deleted} onChange={(deleted) => ask({ deleted })} />
      </div>
      {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
      {total === 0 && !narrowed && (
        <div className="empty">
          <h2>{t.noRecords}</h2>
          <p>{t.noRecordsText}</p>
          {make}
        </div>
      )}
      {total !== undefined && (total > 0 || narrowed) && (
        <>
          <div className="row records-count">
            <span role="status">{t.found(words.number(total))}</span>
            {total > 0 && (
              <span className="row">
                {t.download}
                <a href={exportAt(type.id, asked, "csv")} download>
                  CSV
                </a>
                <a href={exportAt(type.id, asked, "jsonl")} download>
                  JSON
                </a>
              </span>
            )}
          </div>
          {total > 0 && (
            <Table
              label={nameOf(type)}
              columns={tableColumns(type, t, words.time)}
              rows={rows}
              rowKey={(row) => row.id}
              onOpen={(row) => panel.navigate(recordPath(row.id))}
              sort={sortOf(asked.sort)}
              onSort={(sort) => ask({ sort: `${sort.column}:${sort.descending ? "desc" : "asc"}` })}
              onEnd={() => found.hasNextPage && !found.isFetchingNextPage && void found.fetchNextPage()}
            />
          )}
        </>
      )}
    </Page>
  );
}

const sortOf = (sort: string): Sort => {
  const [column = "", direction] = (sort || "updatedAt:desc").split(":");
  return { column, descending: direction === "desc" };
};

type Texts = ReturnType<typeof useTexts>["records"];

function tableColumns(type: ShardType, t: Texts, time: (at: string) => string): TableColumn<Shard>[] {
  const own = columnsOf(type).map(
    (field): TableColumn<Shard> => ({
      id: `data.${field.name}`,
      title: labelOf(field),
      width: widthOf(field),
      sortable: isSortable(field),
      align: isNumber(field) ? "end" : undefined,
      render: (row) => <Value field={field} value={row.data[field.name]} />,
    }),
  );
  const name: TableColumn<Shard> = {
    id: "externalId",
    title: t.externalId,
    width: "minmax(100px, 1.2fr)",
    sortable: true,
    render: (row) => (
      <>
        {row.deletedAt && <span className="badge bad">{t.deleted}</span>} {row.externalId}
      </>
    ),
  };
  const changed: TableColumn<Shard> = { id: "updatedAt", title: t.changed, width: "165px", sortable: true, render: (row) => time(row.updatedAt) };
  return [name, ...own, changed];
}

const PAUSE = 250;

/** What is typed is looked for after a pause. */
function Search({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const t = useTexts().records;
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), PAUSE);
    return () => clearTimeout(timer);
  });
  return <TextField label={t.search} type="search" value={text} onChange={setText} />;
}
