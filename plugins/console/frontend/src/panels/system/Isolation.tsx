/** What this machine can do to hold the code of strangers, step by step, as `pegboard doctor` tries it. */
import { Button } from "../../kit/Button";
import { Notice } from "../../kit/Notice";
import { useTexts } from "../../texts";
import { Copied } from "./Copied";
import type { Diagnosis, Finding, Health } from "./data";

interface Props {
  diagnosis: Diagnosis | null | undefined;
  health: Health | undefined;
  again: () => void;
}

export function Isolation({ diagnosis, health, again }: Props) {
  const t = useTexts().system;
  if (diagnosis === undefined) return <p>{t.trying}</p>;
  if (diagnosis === null) return <Notice tone="plain">{t.operatorsOnly}</Notice>;
  const groups = new Map<string, Finding[]>();
  for (const finding of diagnosis.isolation) groups.set(finding.about, [...(groups.get(finding.about) ?? []), finding]);
  return (
    <>
      <p className="quiet-text">{t.isolationText}</p>
      {groups.size === 0 && <p>{t.noSandboxes}</p>}
      {[...groups].map(([name, findings]) => (
        <Steps key={name} name={name} level={health?.sandboxes[name]} findings={findings} />
      ))}
      <div className="row">
        <Button onPress={again}>{t.checkAgain}</Button>
      </div>
    </>
  );
}

function Steps({ name, level, findings }: { name: string; level: string | undefined; findings: readonly Finding[] }) {
  const t = useTexts().system;
  return (
    <section className="card stack">
      <h2>
        {t.sandbox(name)} {level && <span className="badge plain">{level}</span>}
      </h2>
      {level && <p className="quiet-text">{t.levels[level]}</p>}
      <div className="table-scroll" tabIndex={0} role="group" aria-label={t.sandbox(name)}>
        <table className="table system-steps">
          <thead>
            <tr>
              <th scope="col">{t.step}</th>
              <th scope="col">{t.state}</th>
              <th scope="col">{t.why}</th>
              <th scope="col">{t.fix}</th>
            </tr>
          </thead>
          <tbody>
            {findings.map((one) => (
              <tr key={one.step}>
                <th scope="row">{one.step}</th>
                <td>
                  <span className={`badge ${one.works ? "good" : "bad"}`}>{one.works ? t.works : t.fails}</span>
                </td>
                <td>{one.why}</td>
                <td>{one.fix && <Copied text={one.fix} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
