import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { address } from "../../api/client";
import { Button } from "../../kit/Button";
import { Checkbox } from "../../kit/Fields";
import { Failure } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { Table, type Sort, type TableColumn } from "../../kit/Table";
import { useTexts } from "../../texts";
import { addressOf, go } from "../location";
import type { CollectionContent, Column, Panel } from "../panels";
import { ActionButtons, BulkActions } from "./Actions";
import { Filters } from "./Filters";
import { FormDialog } from "./FormDialog";
import { at, isOffered, keyOf, listOf, nameOf, paged, withQuery, type Item } from "./reading";
import { Value } from "./Value";

interface Props {
  panel: Panel;
  content: CollectionContent;
  query: URLSearchParams;
}

const STEP = 50;

export function ListPage({ panel, content, query }: Props) {
  const t = useTexts().lists;
  const [making, setMaking] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const asked = query.toString();
  const list = useInfiniteQuery({
    queryKey: ["list", panel.name, asked],
    queryFn: ({ pageParam, signal }) => listOf(content, paged(content, query, pageParam, STEP), signal),
    initialPageParam: 0,
    getNextPageParam: (last, pages) => (content.paging && last.items.length === STEP ? pages.length : undefined),
    refetchInterval: content.refresh ? content.refresh * 1000 : false,
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const total = list.data?.pages.at(-1)?.total ?? null;
  const key = keyOf(content);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const marked = items.filter((item) => chosen.has(key(item)));
  const ask = (next: URLSearchParams) => go(panel.name, next.size ? `?${next}` : "", true);
  const done = () => {
    setChosen(new Set());
    void list.refetch();
  };
  const create = content.create && (
    <Button kind="primary" onPress={() => setMaking(true)}>
      {content.create.title}
    </Button>
  );
  return (
    <Page
      title={panel.title}
      summary={panel.summary}
      actions={
        <>
          {content.downloads.map((one) => (
            <a key={one.path} className="button plain" href={address(withQuery(one.path, query))} download>
              {t.download(one.title)}
            </a>
          ))}
          <ActionButtons actions={content.actions.filter((one) => one.on === "list")} item={{}} name={panel.title} onDone={done} />
          {create}
        </>
      }
    >
      <Filters content={content} query={query} onChange={ask} />
      {marked.length > 0 && <BulkActions content={content} items={marked} onDone={done} onClear={() => setChosen(new Set())} />}
      {list.error ? <Failure error={list.error} retry={() => void list.refetch()} /> : null}
      {list.isPending && <p role="status">{t.loading}</p>}
      {list.data && items.length === 0 && (
        <div className="empty">
          <p>{asked ? t.noneMatch : content.empty || t.none}</p>
          {asked ? <Button onPress={() => ask(new URLSearchParams())}>{t.clear}</Button> : null}
        </div>
      )}
      {items.length > 0 && (
        <div>
          <p className="quiet-text count" role="status">
            {total === null ? t.shown(items.length) : t.shownOf(items.length, total)}
          </p>
          <Table
            label={panel.title}
            columns={columnsOf(panel, content, chosen, setChosen, done, t)}
            rows={items}
            rowKey={key}
            selected={content.actions.some((one) => one.bulk) ? chosen : undefined}
            sort={sortOf(query)}
            onSort={(sort) => ask(sorted(query, sort))}
            onOpen={content.detail ? (item) => go(panel.name, `/${encodeURIComponent(key(item))}`) : undefined}
            onEnd={more}
          />
        </div>
      )}
      {making && content.create && <FormDialog form={content.create} draft={`${panel.name}.create`} onClose={() => setMaking(false)} onDone={done} />}
    </Page>
  );
}

function columnsOf(
  panel: Panel,
  content: CollectionContent,
  chosen: ReadonlySet<string>,
  choose: (keys: ReadonlySet<string>) => void,
  done: () => void,
  t: ReturnType<typeof useTexts>["lists"],
): TableColumn<Item>[] {
  const key = keyOf(content);
  const name = nameOf(content);
  const named = content.columns.findIndex((column) => column.pointer === (content.name || content.key));
  const opener = named < 0 ? 0 : named;
  const columns = content.columns.map((column, index): TableColumn<Item> => {
    const numeric = ["number", "bytes", "seconds"].includes(column.kind) && !column.panel;
    return {
      id: column.pointer.slice(1),
      title: column.title,
      sortable: column.sortable,
      align: numeric ? "end" : "start",
      width: widthOf(column, numeric) ?? (index === opener ? "minmax(120px, 1.6fr)" : "minmax(80px, 1fr)"),
      render: (item) => {
        const value = <Value value={at(item, column.pointer)} column={column} short />;
        if (index !== opener || !content.detail) return value;
        return <a href={addressOf(panel.name, `/${encodeURIComponent(key(item))}`)}>{at(item, column.pointer) ? value : name(item)}</a>;
      },
    };
  });
  if (content.actions.some((one) => one.bulk)) columns.unshift(chooser(content, chosen, choose, t));
  const own = content.actions.filter((one) => one.on === "item");
  if (own.length && !content.detail) columns.push(ofActions(content, own, done, t));
  return columns;
}

/** What is as long as its kind is. */
function widthOf(column: Column, numeric: boolean): string | undefined {
  if (numeric || column.kind === "state") return "minmax(88px, 0.6fr)";
  return column.kind === "time" ? "minmax(142px, 0.8fr)" : undefined;
}

function chooser(content: CollectionContent, chosen: ReadonlySet<string>, choose: (keys: ReadonlySet<string>) => void, t: ReturnType<typeof useTexts>["lists"]): TableColumn<Item> {
  const key = keyOf(content);
  const name = nameOf(content);
  const change = (item: Item, yes: boolean) => {
    const next = new Set(chosen);
    if (yes) next.add(key(item));
    else next.delete(key(item));
    choose(next);
  };
  return {
    id: "chosen",
    title: t.selection,
    untitled: true,
    width: "28px",
    render: (item) => <Checkbox label={t.choose(name(item))} hidden value={chosen.has(key(item))} onChange={(yes) => change(item, yes)} />,
  };
}

const ofActions = (content: CollectionContent, actions: CollectionContent["actions"], done: () => void, t: ReturnType<typeof useTexts>["lists"]): TableColumn<Item> => ({
  id: "actions",
  title: t.actions,
  width: "112px",
  render: (item) => <ActionButtons quiet actions={actions.filter((one) => isOffered(one, item))} item={item} name={nameOf(content)(item)} onDone={done} />,
});

function sortOf(query: URLSearchParams): Sort | undefined {
  const [column, order] = (query.get("sort") ?? "").split(",")[0]!.split(":");
  return column ? { column, descending: order === "desc" } : undefined;
}

function sorted(query: URLSearchParams, sort: Sort): URLSearchParams {
  const next = new URLSearchParams(query);
  next.set("sort", `${sort.column}:${sort.descending ? "desc" : "asc"}`);
  return next;
}
