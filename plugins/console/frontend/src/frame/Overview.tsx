import { Page } from "../kit/Page";
import { useTexts } from "../texts";
import { Icon } from "./Icon";
import { addressOf } from "./location";
import { groupTitle, grouped, type Panel } from "./panels";

/** The first page: what one can do next, and all that there is. */
export function Overview({ panels }: { panels: readonly Panel[] }) {
  const t = useTexts().frame;
  const steps = Object.entries(t.steps).filter(([name]) => panels.some((panel) => panel.name === name));
  return (
    <Page title={t.home} summary={panels.length ? t.homeSummary : t.nothing}>
      {steps.length > 0 && (
        <section className="stack">
          <h2>{t.firstSteps}</h2>
          <ul className="steps-list">
            {steps.map(([name, [title, text]]) => (
              <li key={name} className="card">
                <h3>
                  <a href={addressOf(name)}>{title}</a>
                </h3>
                <p className="quiet-text">{text}</p>
              </li>
            ))}
          </ul>
        </section>
      )}
      {panels.length > 0 && <Everything panels={panels} />}
    </Page>
  );
}

function Everything({ panels }: { panels: readonly Panel[] }) {
  const t = useTexts().frame;
  return (
    <section className="stack">
      <h2>{t.allPages}</h2>
      {grouped(panels).map(([group, members]) => (
        <div key={group}>
          <h3 className="quiet-text">{groupTitle(group, t.groups)}</h3>
          <ul className="pages-list">
            {members.map((panel) => (
              <li key={panel.name}>
                <a href={addressOf(panel.name)}>
                  <Icon name={panel.icon} /> {panel.title}
                </a>
                <span className="quiet-text">{panel.summary}</span>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}
