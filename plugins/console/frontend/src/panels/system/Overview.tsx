/** How the server is, at a glance. */
import { usePanel } from "../../api/context";
import { Badge } from "../../kit/Badge";
import { Button } from "../../kit/Button";
import { Notice } from "../../kit/Notice";
import { useTexts } from "../../texts";
import type { Diagnosis, Health, Plugin } from "./data";

interface Props {
  health: Health | undefined;
  /** null: not for this caller; undefined: not there yet. */
  diagnosis: Diagnosis | null | undefined;
  plugins: readonly Plugin[] | undefined;
  again: () => void;
}

const TONES = { ok: "good", degraded: "busy", failing: "bad" } as const;

export function Overview({ health, diagnosis, plugins, again }: Props) {
  const t = useTexts().system;
  if (!health) return <p>{t.loading}</p>;
  return (
    <>
      <Notice tone={TONES[health.status]}>
        <strong>{t.states[health.status]}</strong>
        <p>{t.stateTexts[health.status]}</p>
      </Notice>
      <Broken plugins={plugins} />
      <div className="split">
        <Services health={health} diagnosis={diagnosis} />
        <About health={health} diagnosis={diagnosis} plugins={plugins} />
      </div>
      <div className="row">
        <Button onPress={again}>{t.checkAgain}</Button>
      </div>
    </>
  );
}

function Broken({ plugins = [] }: { plugins?: readonly Plugin[] }) {
  const t = useTexts().system;
  const panel = usePanel();
  const broken = plugins.filter((one) => one.state === "quarantined");
  if (!broken.length) return null;
  return (
    <section className="card stack">
      <h2>{t.quarantined}</h2>
      {broken.map((one) => (
        <div key={one.name}>
          <a href={panel.href(`/plugins/${encodeURIComponent(one.name)}`)}>{one.name}</a> <Badge state={one.state} />
          <p>{t.failedIn(one.phase)}</p>
          {one.reason && <pre className="code">{one.reason}</pre>}
          {one.way_out && <p className="quiet-text">{one.way_out}</p>}
        </div>
      ))}
    </section>
  );
}

function Services({ health, diagnosis }: Pick<Props, "diagnosis"> & { health: Health }) {
  const t = useTexts().system;
  const told = diagnosis
    ? diagnosis.services.map((one) => ({ key: one.about + one.step, name: one.step.replace(/^service /, ""), plugin: one.about, works: one.works, why: one.why }))
    : health.checks.map((one) => ({ key: one.plugin + one.service, name: one.service, plugin: one.plugin, works: one.works, why: "" }));
  return (
    <section className="card stack">
      <h2>{t.services}</h2>
      {told.length === 0 && <p className="quiet-text">{t.noServices}</p>}
      <ul className="system-services">
        {told.map((one) => (
          <li key={one.key}>
            <span>
              <strong>{one.name}</strong> <span className="quiet-text">{one.plugin}</span>
              {one.why && <span className="quiet-text system-why">{one.why}</span>}
            </span>
            <span className={`badge ${one.works ? "good" : "bad"}`}>{one.works ? t.works : t.fails}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function About({ health, diagnosis, plugins = [] }: Omit<Props, "again"> & { health: Health }) {
  const t = useTexts().system;
  const active = plugins.filter((one) => one.state === "active").length;
  return (
    <section className="card stack">
      <h2>{t.about}</h2>
      <dl className="facts">
        {diagnosis && (
          <>
            <dt>Pegboard</dt>
            <dd>{diagnosis.version}</dd>
            <dt>Python</dt>
            <dd>{diagnosis.python}</dd>
            <dt>{t.machine}</dt>
            <dd>{diagnosis.system}</dd>
          </>
        )}
        {plugins.length > 0 && (
          <>
            <dt>{t.areas.plugins}</dt>
            <dd>{t.activeOf(active, plugins.length)}</dd>
          </>
        )}
        {Object.entries(health.sandboxes).map(([name, level]) => (
          <Sandbox key={name} name={name} level={level} />
        ))}
      </dl>
      {diagnosis === null && <p className="quiet-text">{t.operatorsOnly}</p>}
    </section>
  );
}

function Sandbox({ name, level }: { name: string; level: string }) {
  const t = useTexts().system;
  return (
    <>
      <dt>{t.sandbox(name)}</dt>
      <dd>
        {level} <span className="quiet-text">{t.levels[level]}</span>
      </dd>
    </>
  );
}
