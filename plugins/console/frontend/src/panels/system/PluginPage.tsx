/** One plugin: what it is, what it brings, and why it is broken. */
import { usePanel } from "../../api/context";
import { Badge } from "../../kit/Badge";
import { Notice } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { useTexts } from "../../texts";
import type { Plugin } from "./data";

interface Props {
  plugin: Plugin | undefined;
  /** Whether the plugins are there yet. */
  known: boolean;
  isOperator: boolean;
}

export function PluginPage({ plugin, known, isOperator }: Props) {
  const t = useTexts().system;
  const panel = usePanel();
  const back = (
    <a href={panel.href("/plugins")}>{`← ${t.areas.plugins}`}</a>
  );
  if (!plugin) {
    return (
      <Page title={t.plugin} summary={back}>
        {known ? t.noPlugin : t.loading}
      </Page>
    );
  }
  return (
    <Page title={plugin.name} summary={back}>
      {plugin.summary && <p>{plugin.summary}</p>}
      {plugin.state === "quarantined" && (
        <Notice tone="bad">
          <strong>{t.failedIn(plugin.phase)}</strong>
          {plugin.reason ? <pre className="code">{plugin.reason}</pre> : !isOperator && <p>{t.operatorsOnly}</p>}
          {plugin.way_out && <p>{plugin.way_out}</p>}
        </Notice>
      )}
      <div className="split">
        <Facts plugin={plugin} />
        <Brings plugin={plugin} />
      </div>
    </Page>
  );
}

function Facts({ plugin }: { plugin: Plugin }) {
  const t = useTexts().system;
  const panel = usePanel();
  return (
    <section className="card stack">
      <h2>{t.about}</h2>
      <dl className="facts">
        <dt>{t.state}</dt>
        <dd>
          <Badge state={plugin.state} />
        </dd>
        <dt>{t.version}</dt>
        <dd>{plugin.version || "–"}</dd>
        {plugin.distribution && (
          <>
            <dt>{t.distribution}</dt>
            <dd>
              <code>{plugin.distribution}</code>
            </dd>
          </>
        )}
        {plugin.requires.length > 0 && (
          <>
            <dt>{t.requires}</dt>
            <dd className="row">
              {plugin.requires.map((name) => (
                <a key={name} href={panel.href(`/plugins/${encodeURIComponent(name)}`)}>
                  {name}
                </a>
              ))}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Brings({ plugin }: { plugin: Plugin }) {
  const t = useTexts().system;
  return (
    <section className="card stack">
      <h2>{t.hooks}</h2>
      {plugin.hooks.length === 0 && <p className="quiet-text">{t.noHooks}</p>}
      <ul className="system-names">
        {plugin.hooks.map((hook) => (
          <li key={hook}>
            <code>{hook}</code>
          </li>
        ))}
      </ul>
      {Object.keys(plugin.brings).length > 0 && (
        <>
          <h3>{t.brings}</h3>
          <dl className="facts">
            {Object.entries(plugin.brings).map(([kind, names]) => (
              <Brought key={kind} kind={kind} names={names} />
            ))}
          </dl>
        </>
      )}
    </section>
  );
}

const Brought = ({ kind, names }: { kind: string; names: readonly string[] }) => (
  <>
    <dt>{kind}</dt>
    <dd>{names.join(", ")}</dd>
  </>
);
