import { usePanel } from "../../api/context";
import { Failure } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { useTexts } from "../../texts";
import { useWords } from "../jobs/words";
import { type Script, useScript } from "./data";
import { HistoryPart } from "./HistoryPart";
import { RunPart } from "./RunPart";
import { SchedulesPart } from "./SchedulesPart";

const PARTS = ["", "history", "schedules"] as const;
type Part = (typeof PARTS)[number];

/** One script: its form, its runs, its time tables. */
export function ScriptPage({ name, part }: { name: string; part: string }) {
  const t = useTexts();
  const { data: script, error, refetch } = useScript(name);
  if (!script) return <Page title={name}>{error ? <Failure error={error} retry={() => void refetch()} /> : <p className="quiet-text">{t.frame.loading}</p>}</Page>;
  return (
    <Page title={script.display_name} summary={<About script={script} />}>
      <Ways name={name} part={part} />
      {part === "history" ? <HistoryPart script={script} /> : part === "schedules" ? <SchedulesPart script={script} /> : <RunPart key={name} script={script} />}
    </Page>
  );
}

function About({ script }: { script: Script }) {
  const t = useTexts().scripts;
  const { took } = useWords();
  const told = [script.description, script.estimated_duration !== null && t.takes(took(script.estimated_duration))];
  return <>{told.filter(Boolean).join(" · ")}</>;
}

function Ways({ name, part }: { name: string; part: string }) {
  const t = useTexts().scripts;
  const panel = usePanel();
  const titles: Record<Part, string> = { "": t.run, history: t.history, schedules: t.schedules };
  return (
    <nav className="script-ways" aria-label={t.parts}>
      {PARTS.map((one) => (
        <a key={one} href={panel.href(`/${encodeURIComponent(name)}${one && `/${one}`}`)} aria-current={one === part ? "page" : undefined}>
          {titles[one]}
        </a>
      ))}
    </nav>
  );
}
