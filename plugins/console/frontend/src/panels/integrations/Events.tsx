import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { json } from "../../api/client";
import { usePanel } from "../../api/context";
import { problemFrom } from "../../api/problem";
import { Badge } from "../../kit/Badge";
import { Button } from "../../kit/Button";
import { Dialog } from "../../kit/Dialog";
import { JsonView } from "../../kit/JsonView";
import { Failure } from "../../kit/Notice";
import { useTexts } from "../../texts";
import { useWords } from "./route";

interface Received {
  id: string;
  type: string;
  state: string;
  error: string;
  attempts: number;
  receivedAt: string;
}

interface Detail {
  event: Received;
  headers: [string, string][];
  body: string;
  result: unknown;
}

const PATH = "/api/v1/webhook-events";
const WAITING = "waiting";

const listOf = (id: string) => ({
  queryKey: ["integrations", id, "events"],
  queryFn: async () => (await json<{ events: Received[] }>(`${PATH}?source=custom&hook=${encodeURIComponent(id)}&limit=20`)).events,
});
const oneOf = (id: string) => ({ queryKey: ["webhook-events", id], queryFn: () => json<Detail>(`${PATH}/${id}`) });

/** The document of the event that came last; undefined where none did. */
export function useLastEvent(id: string): unknown {
  const { data: all } = useQuery({ ...listOf(id), enabled: id !== "" });
  const last = all?.find((one) => one.state !== "refused")?.id ?? "";
  const { data } = useQuery({ ...oneOf(last), enabled: last !== "" });
  const text = data?.body;
  return useMemo(() => {
    try {
      return text && JSON.parse(text);
    } catch {
      return undefined; // a form, or nothing that paths could lead into
    }
  }, [text]);
}

/** What came lately, and what became of it. */
export function Events({ id }: { id: string }) {
  const t = useTexts().integrations;
  const panel = usePanel();
  const queries = useQueryClient();
  const { time } = useWords();
  const [opened, setOpened] = useState("");
  const { data, error } = useQuery({
    ...listOf(id),
    refetchInterval: (query) => (query.state.data?.some((one) => one.state === WAITING) ? 1000 : 2000),
  });
  const resend = async (event: string) => {
    try {
      await json(`${PATH}/${event}/resend`, "POST");
      panel.notify(t.resent, "good");
      await queries.invalidateQueries({ queryKey: listOf(id).queryKey });
    } catch (failure) {
      panel.notify(problemFrom(failure).detail, "bad");
    }
  };
  return (
    <section className="card stack" aria-label={t.events}>
      <h2>{t.events}</h2>
      {!!error && <Failure error={error} />}
      {data?.length === 0 && <p className="quiet-text">{t.noEvents}</p>}
      {!!data?.length && (
        <ul className="events">
          {data.map((one) => (
            <li key={one.id}>
              <Badge state={one.state} />
              <span className="stack tight">
                <code>{one.type || t.unknownType}</code>
                <span className="quiet-text">{time(one.receivedAt)}</span>
                {one.error && <span className="react-aria-FieldError">{one.error}</span>}
              </span>
              <span className="row">
                <Button kind="quiet" aria-label={`${t.look} ${one.id}`} onPress={() => setOpened(one.id)}>
                  {t.look}
                </Button>
                {!["waiting", "refused"].includes(one.state) && (
                  <Button kind="quiet" aria-label={`${t.resend} ${one.id}`} onPress={() => void resend(one.id)}>
                    {t.resend}
                  </Button>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
      {opened && <Look id={opened} onClose={() => setOpened("")} />}
    </section>
  );
}

function Look({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useTexts();
  const { data, error } = useQuery(oneOf(id));
  return (
    <Dialog title={t.integrations.event} open onClose={onClose}>
      {!!error && <Failure error={error} />}
      {data && (
        <div className="stack">
          <Body text={data.body} />
          {data.result !== null && (
            <>
              <h3>{t.integrations.result}</h3>
              <JsonView value={data.result} label={t.integrations.result} />
            </>
          )}
          <details>
            <summary>{t.integrations.headers}</summary>
            <dl className="headers">
              {data.headers.map(([name, value], at) => (
                <div key={at}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </details>
        </div>
      )}
      <div className="row onward">
        <Button onPress={onClose}>{t.kit.close}</Button>
      </div>
    </Dialog>
  );
}

function Body({ text }: { text: string }) {
  const t = useTexts().integrations;
  try {
    return <JsonView value={JSON.parse(text)} label={t.responseBody} />;
  } catch {
    return <pre className="code block">{text}</pre>;
  }
}
