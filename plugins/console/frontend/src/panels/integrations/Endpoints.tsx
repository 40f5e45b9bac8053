import { usePanel } from "../../api/context";
import { Button } from "../../kit/Button";
import { useConfirm } from "../../kit/Confirm";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import { EndpointForm } from "./EndpointForm";
import { type Endpoint, free, freshEndpoint } from "./model";
import { moved, without } from "./places";
import { useRoute } from "./route";

/** The endpoint that the address names, else the first. */
export function useChosen(): [number, Endpoint | undefined] {
  const [, , chosen] = useRoute();
  const { draft } = useBuilder();
  const endpoints = draft.endpoints ?? [];
  const at = Math.min(Math.max(Number(chosen ?? 0) || 0, 0), Math.max(endpoints.length - 1, 0));
  return [at, endpoints[at]];
}

/** The calls of the API: a list of them at the left, the chosen one beside it. */
export function Endpoints() {
  const t = useTexts().integrations;
  const panel = usePanel();
  const { id, draft, edit } = useBuilder();
  const [at, endpoint] = useChosen();
  const endpoints = draft.endpoints ?? [];
  const add = () => {
    edit((before) => ({ ...before, endpoints: [...(before.endpoints ?? []), freshEndpoint(before.endpoints ?? [])] }));
    panel.navigate(`/${id}/endpoints/${endpoints.length}`);
  };
  return (
    <div className="with-list">
      <div className="stack">
        <EndpointList step="endpoints" />
        <Button onPress={add}>+ {t.addEndpoint}</Button>
      </div>
      {endpoint ? (
        <div className="stack">
          <Order at={at} />
          <EndpointForm key={at} at={at} endpoint={endpoint} />
        </div>
      ) : (
        <p className="card quiet-text">{t.noEndpoints}</p>
      )}
    </div>
  );
}

export function EndpointList({ step }: { step: "endpoints" | "mapping" | "tests" }) {
  const t = useTexts().integrations;
  const panel = usePanel();
  const { id, draft, errors } = useBuilder();
  const [at] = useChosen();
  const wrong = (index: number) => errors.filter((one) => one.pointer?.startsWith(`/endpoints/${index}/`)).length;
  return (
    <nav aria-label={t.endpointsOf} className="side-list">
      {(draft.endpoints ?? []).map((one, index) => (
        <a key={index} href={panel.href(`/${id}/${step}/${index}`)} aria-current={index === at ? "true" : undefined}>
          <span className="row tight">
            <code className="method">{one.method ?? (one.graphql ? "POST" : "GET")}</code>
            <strong>{one.name || one.id}</strong>
            {wrong(index) > 0 && <span className="badge bad">{t.mistakes(wrong(index))}</span>}
          </span>
          <code className="quiet-text breaks">{one.path}</code>
        </a>
      ))}
    </nav>
  );
}

function Order({ at }: { at: number }) {
  const t = useTexts().integrations;
  const panel = usePanel();
  const confirm = useConfirm();
  const { id, draft, edit } = useBuilder();
  const endpoints = draft.endpoints ?? [];
  const one = endpoints[at]!;
  const put = (next: Endpoint[], chosen: number) => {
    edit((before) => ({ ...before, endpoints: next }));
    panel.navigate(`/${id}/endpoints/${chosen}`, { replace: true });
  };
  const copy = () => {
    const taken = endpoints.map((other) => other.id);
    const made = { ...one, id: free(one.id, taken), name: one.name ? `${one.name} 2` : undefined };
    put([...endpoints, made], endpoints.length);
  };
  const remove = async () => {
    if (await confirm({ title: t.removeEndpoint, text: t.removeEndpointText(one.name || one.id), action: t.remove, danger: true })) {
      put(without(endpoints, at), Math.max(at - 1, 0));
    }
  };
  return (
    <div className="row">
      <Button kind="quiet" isDisabled={at === 0} onPress={() => put(moved(endpoints, at, at - 1), at - 1)}>
        ↑ {t.up}
      </Button>
      <Button kind="quiet" isDisabled={at === endpoints.length - 1} onPress={() => put(moved(endpoints, at, at + 1), at + 1)}>
        ↓ {t.down}
      </Button>
      <Button kind="quiet" onPress={copy}>
        {t.duplicate}
      </Button>
      <Button kind="quiet" onPress={() => void remove()}>
        {t.remove}
      </Button>
    </div>
  );
}
