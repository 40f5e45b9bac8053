import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { problemFrom } from "../../api/problem";
import { Button } from "../../kit/Button";
import { Failure } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { plain } from "../../kit/schema/model";
import { useTexts } from "../../texts";
import { addressOf, go } from "../location";
import type { Action, CollectionContent, Panel } from "../panels";
import { ActionButtons } from "./Actions";
import { FormDialog } from "./FormDialog";
import { at, filled, isOffered, nameOf, pathOf, valuesOf, type Item } from "./reading";
import { SectionView } from "./SectionView";
import { send } from "./sending";
import { Value } from "./Value";

const LATELY = 5_000; // milliseconds in which what an action began may end
const SOON = 1_000;

interface Props {
  panel: Panel;
  content: CollectionContent;
  id: string;
}

export function ItemPage({ panel, content, id }: Props) {
  const t = useTexts().lists;
  const detail = content.detail!;
  const store = useQueryClient();
  const [editing, setEditing] = useState(false);
  const [acted, setActed] = useState(0);
  const path = pathOf(detail.path, withKey(content.key, id));
  const found = useQuery({
    queryKey: ["item", panel.name, id],
    queryFn: () => send(path, "GET"),
    refetchInterval: () => (content.refresh ? (Date.now() - acted < LATELY ? SOON : content.refresh * 1000) : false),
  });
  const answer = found.data?.body;
  const item = at(answer, detail.at) as Item | undefined;
  const back = <a href={addressOf(panel.name)}>{`← ${panel.title}`}</a>;
  if (found.error) {
    return (
      <Page title={id} summary={back}>
        <Failure error={found.error} retry={() => void found.refetch()} />
      </Page>
    );
  }
  if (!item) return <Page title={panel.title} summary={back}><p role="status">{t.loading}</p></Page>;
  const name = nameOf(content)(item);
  const done = (action?: Action) => {
    void store.invalidateQueries({ queryKey: ["list", panel.name] });
    setActed(Date.now());
    if (action?.method === "DELETE") return go(panel.name);
    void found.refetch().then(({ error }) => error && problemFrom(error).status === 404 && go(panel.name));
  };
  const edit = content.edit;
  const columns = [...content.columns, ...detail.columns];
  const related = detail.related.map((one) => ({ ...one, address: addressOf(one.panel, `?${relatedQuery(one.filters, item)}`) }));
  return (
    <Page
      title={name}
      summary={back}
      actions={
        <>
          {edit && <Button onPress={() => setEditing(true)}>{t.edit}</Button>}
          <ActionButtons actions={content.actions.filter((one) => isOffered(one, item))} item={item} name={name} onDone={done} />
        </>
      }
    >
      <dl className="facts">
        {columns.map((column) => {
          const value = at(item, column.pointer);
          if (value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length)) return null;
          return [
            <dt key={`${column.pointer}.name`}>{column.title}</dt>,
            <dd key={column.pointer}>
              <Value value={value} column={column} />
            </dd>,
          ];
        })}
      </dl>
      {detail.sections.map((section) => (
        <SectionView key={section.title} section={section} value={at(answer, section.pointer)} />
      ))}
      {related.length > 0 && (
        <nav className="row" aria-label={t.related}>
          <span className="quiet-text">{t.related}:</span>
          {related.map((one) => (
            <a key={one.title} href={one.address}>
              {one.title}
            </a>
          ))}
        </nav>
      )}
      {editing && edit && (
        <FormDialog
          form={edit}
          draft={`${panel.name}.${id}`}
          item={item}
          initial={valuesOf(item, plain(edit.schema, edit.schema).schema.properties ?? {})}
          etag={found.data?.etag}
          onConflict={() => void found.refetch()}
          onClose={() => setEditing(false)}
          onDone={done}
        />
      )}
    </Page>
  );
}

const relatedQuery = (filters: Record<string, string>, item: Item): URLSearchParams =>
  new URLSearchParams(Object.entries(filters).map(([name, template]): [string, string] => [name, filled(template, item)]));

/** An item of which nothing is known but its key. */
function withKey(pointer: string, id: string): Item {
  return pointer
    .slice(1)
    .split("/")
    .reverse()
    .reduce<unknown>((inner, name) => ({ [name]: inner }), id) as Item;
}
