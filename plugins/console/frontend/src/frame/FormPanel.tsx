/** A form that is a page of its own. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Failure } from "../kit/Notice";
import { Page } from "../kit/Page";
import { plain } from "../kit/schema/model";
import { notify } from "../kit/Toasts";
import { useTexts } from "../texts";
import { FormFields } from "./collection/FormFields";
import { valuesOf, type Item } from "./collection/reading";
import { Revealed } from "./collection/Revealed";
import { send } from "./collection/sending";
import type { FormContent, Panel } from "./panels";

export function FormPanel({ panel, content }: { panel: Panel; content: FormContent }) {
  const t = useTexts();
  const [answer, setAnswer] = useState<unknown>(null);
  const [round, setRound] = useState(0);
  const loaded = useQuery({ queryKey: ["form", panel.name], queryFn: () => send(content.load, "GET"), enabled: content.load !== "", staleTime: 0 });
  const item = (loaded.data?.body ?? {}) as Item;
  const sent = (body: unknown) => {
    notify(t.lists.saved, "good");
    setRound(round + 1);
    if (content.reveal.length) setAnswer(body ?? {});
    if (content.load) void loaded.refetch();
  };
  const properties = plain(content.schema, content.schema).schema.properties ?? {};
  const ready = content.load === "" || loaded.data !== undefined;
  return (
    <Page title={content.title || panel.title} summary={content.schema.description ?? panel.summary}>
      {loaded.error ? <Failure error={loaded.error} retry={() => void loaded.refetch()} /> : null}
      {answer !== null ? <Revealed answer={answer} pointers={content.reveal} onClose={() => setAnswer(null)} /> : null}
      {ready && answer === null && (
        <div className="fields wide">
          <FormFields
            key={`${round}.${loaded.dataUpdatedAt}`}
            form={content}
            draft={`${panel.name}.form`}
            item={item}
            initial={content.load ? valuesOf(item, properties) : undefined}
            etag={loaded.data?.etag}
            onSent={sent}
          />
        </div>
      )}
    </Page>
  );
}
