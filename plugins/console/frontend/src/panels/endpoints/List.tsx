/** All endpoints of the tenant: where they are, how the last call went, what the day came to. */
import { useCallback, useDeferredValue, useMemo, useState } from "react";
import { usePanel } from "../../api/context";
import { Button } from "../../kit/Button";
import { TextField } from "../../kit/Fields";
import { Failure } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { Table, type Sort, type TableColumn } from "../../kit/Table";
import { useTexts } from "../../texts";
import { type State, useList, useStates } from "./data";
import type { Widget } from "./model";
import { Answered } from "./Answered";
import { useWords } from "./words";

export function List() {
  const t = useTexts().endpoints;
  const panel = usePanel();
  const [search, setSearch] = useState("");
  const [sort, setSort] = useState<Sort>({ column: "updated_at", descending: true });
  const found = useList(useDeferredValue(search.trim()), `${sort.column}:${sort.descending ? "desc" : "asc"}`);
  const rows = useMemo(() => found.data?.pages.flatMap((page) => page.data) ?? [], [found.data]);
  const states = useStates(useMemo(() => rows.map((row) => row.id), [rows]));
  const columns = useColumns(states);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const more = useCallback(
    () => void (hasNextPage && !isFetchingNextPage && fetchNextPage()),
    [hasNextPage, isFetchingNextPage, fetchNextPage],
  );
  const fresh = found.isSuccess && !rows.length && !search;
  return (
    <Page
      title={t.title}
      summary={t.summary}
      actions={
        <Button kind="primary" onPress={() => panel.navigate("/new")}>
          {t.new}
        </Button>
      }
    >
      {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
      {fresh ? (
        <div className="empty">
          <h2>{t.emptyTitle}</h2>
          <p>{t.emptyText}</p>
          <Button kind="primary" onPress={() => panel.navigate("/new")}>
            {t.new}
          </Button>
        </div>
      ) : (
        <>
          <div className="ep-find">
            <TextField label={t.find} type="search" value={search} onChange={setSearch} />
          </div>
          {found.isSuccess && !rows.length && <p className="quiet-text">{t.noneFound}</p>}
          {rows.length > 0 && (
            <Table
              label={t.title}
              columns={columns}
              rows={rows}
              rowKey={(row) => row.id}
              onOpen={(row) => panel.navigate(`/${row.id}`)}
              sort={sort}
              onSort={setSort}
              onEnd={more}
            />
          )}
        </>
      )}
    </Page>
  );
}

function useColumns(states: ReadonlyMap<string, State>): TableColumn<Widget>[] {
  const t = useTexts().endpoints;
  const words = useWords();
  const day = ({ day }: State) => t.calls(words.number(day.calls), day.failed ? words.number(day.failed) : null);
  return [
    { id: "name", title: t.columns.name, sortable: true, render: (row) => <strong>{row.name}</strong> },
    { id: "address", title: t.columns.address, render: (row) => <code>{row.path ?? row.execute_url}</code> },
    { id: "state", title: t.columns.state, width: "150px", render: (row) => <LastAnswer state={states.get(row.id)} /> },
    { id: "day", title: t.columns.day, width: "150px", render: (row) => (states.get(row.id) ? day(states.get(row.id)!) : "") },
    {
      id: "mean",
      title: t.columns.mean,
      width: "100px",
      align: "end",
      render: (row) => (states.get(row.id)?.day.calls ? words.ms(states.get(row.id)!.day.mean) : ""),
    },
    { id: "updated_at", title: t.columns.changed, width: "130px", sortable: true, render: (row) => words.day(row.updated_at) },
  ];
}

function LastAnswer({ state }: { state: State | undefined }) {
  const t = useTexts().endpoints;
  if (!state) return <span className="quiet-text">{t.neverCalled}</span>;
  return <Answered status={state.last.status} failed={state.last.failed} />;
}
