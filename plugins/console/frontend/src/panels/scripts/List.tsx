import { useMemo, useState } from "react";
import { usePanel } from "../../api/context";
import { TextField } from "../../kit/Fields";
import { Failure } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { titleOf } from "../../kit/schema/model";
import { useTexts } from "../../texts";
import { useWords } from "../jobs/words";
import { type Script, useScripts } from "./data";

/** All scripts by category. */
export function List() {
  const t = useTexts();
  const { data, error, isPending, refetch } = useScripts();
  const [words, setWords] = useState("");
  const all = useMemo(() => Object.entries(data ?? {}).filter(([, some]) => some.length), [data]);
  const found = all.map(([name, some]) => [name, some.filter((one) => matches(one, words))] as const).filter(([, some]) => some.length);
  return (
    <Page title={t.scripts.title} summary={t.scripts.summary}>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {isPending && <p className="quiet-text">{t.frame.loading}</p>}
      {data && !all.length && <Nothing />}
      {all.length > 0 && (
        <div className="script-find">
          <TextField label={t.scripts.find} type="search" value={words} onChange={setWords} />
        </div>
      )}
      {all.length > 0 && !found.length && <p className="quiet-text">{t.lists.noneMatch}</p>}
      {found.map(([name, some]) => (
        <section key={name} className="stack" aria-label={t.scripts.categories[name] ?? titleOf(name)}>
          <h2>{t.scripts.categories[name] ?? titleOf(name)}</h2>
          <ul className="script-cards">
            {some.map((one) => (
              <Card key={one.name} script={one} />
            ))}
          </ul>
        </section>
      ))}
    </Page>
  );
}

const matches = (script: Script, words: string): boolean => {
  const text = `${script.name} ${script.display_name} ${script.description} ${script.category}`.toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
};

function Card({ script }: { script: Script }) {
  const t = useTexts().scripts;
  const panel = usePanel();
  const { took } = useWords();
  return (
    <li className="card">
      <a href={panel.href(`/${encodeURIComponent(script.name)}`)}>
        <strong>{script.display_name}</strong>
      </a>
      <p>{script.description}</p>
      <p className="quiet-text">
        <code>{script.name}</code> {script.estimated_duration !== null && <>· </>}
        {script.estimated_duration !== null && t.takes(took(script.estimated_duration))}
      </p>
    </li>
  );
}

function Nothing() {
  const t = useTexts().scripts;
  return (
    <div className="empty">
      <h2>{t.none}</h2>
      <p>{t.noneText}</p>
      <pre className="code script-example">{'[plugins.scripts]\nfolders = ["/srv/scripts"]'}</pre>
    </div>
  );
}
