import { useEffect, useRef } from "react";
import { Button } from "../../kit/Button";
import { Badge } from "../../kit/Badge";
import { Failure, Notice } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { usePanel } from "../../api/context";
import { useTexts } from "../../texts";
import { Actions } from "./Actions";
import { Basics } from "./Basics";
import { BuilderProvider, useBuilder, useNewBuilder } from "./draft";
import { Connection } from "./Connection";
import { useIntegration } from "./data";
import { Endpoints } from "./Endpoints";
import { Mapping } from "./Mapping";
import { Mark } from "./Mark";
import { type Saved, titleOf } from "./model";
import { useRoute } from "./route";
import { STEPS, type StepName, stateOf, stepOf } from "./steps";
import { Sync } from "./Sync";
import { Tests } from "./Tests";
import { Webhooks } from "./Webhooks";

export function BuilderPage({ id }: { id: string }) {
  const t = useTexts();
  const { data, error, refetch } = useIntegration(id);
  if (id === "new") return <Builder id={id} saved={null} />;
  if (data) return <Builder id={id} saved={data} />;
  return <Page title={t.integrations.title}>{error ? <Failure error={error} retry={() => void refetch()} /> : t.frame.loading}</Page>;
}

function Builder({ id, saved }: { id: string; saved: Saved | null }) {
  const t = useTexts().integrations;
  const builder = useNewBuilder(id, saved);
  const [, wanted = "basics"] = useRoute();
  const step = wanted as StepName | "sync";
  const before = useRef(step);
  useEffect(() => {
    if (before.current !== step && before.current !== "sync") builder.visit(before.current);
    before.current = step;
  }, [step]); // eslint-disable-line
  return (
    <BuilderProvider value={builder}>
      <Page title={titleOf(builder.draft) || t.new} summary={<State />} actions={<Actions />}>
        <Steps current={step} />
        <Notices />
        <section className="step" aria-label={t.steps[step]}>
          <Part step={step} />
        </section>
        <Onward current={step} />
      </Page>
    </BuilderProvider>
  );
}

function State() {
  const t = useTexts().integrations;
  const { saved, isDraft, draft } = useBuilder();
  return (
    <span className="row">
      <Mark of={draft} />
      {saved ? <Badge state={saved.status} /> : <Badge state={t.notSaved} />}
      {saved && isDraft && <span>{t.unsaved}</span>}
      {!saved && <span>{t.keptHere}</span>}
    </span>
  );
}

function Part({ step }: { step: StepName | "sync" }) {
  const { saved } = useBuilder();
  const t = useTexts().integrations;
  if (step === "sync") return saved ? <Sync /> : <Notice tone="plain">{t.saveFirst}</Notice>;
  const Content = { basics: Basics, connection: Connection, endpoints: Endpoints, mapping: Mapping, webhooks: Webhooks, tests: Tests }[step];
  return Content ? <Content /> : null;
}

function Steps({ current }: { current: StepName | "sync" }) {
  const t = useTexts().integrations;
  const panel = usePanel();
  const { id, draft, errors } = useBuilder();
  return (
    <nav aria-label={t.stepsOf} className="steps">
      <ol>
        {[...STEPS, "sync" as const].map((step, at) => {
          const count = errors.filter((one) => stepOf(one.pointer) === step).length;
          const state = step === "sync" ? "untouched" : stateOf(step, draft, errors);
          return (
            <li key={step}>
              <a href={panel.href(`/${id}/${step}`)} aria-current={step === current ? "step" : undefined} className={state}>
                <span className="dot" aria-hidden="true">
                  {state === "errors" ? count : state === "complete" ? "✓" : at + 1}
                </span>
                {t.steps[step]}
                <span className="visually-hidden">{state === "errors" ? t.mistakes(count) : t.states[state]}</span>
              </a>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

function Notices() {
  const t = useTexts().integrations;
  const { conflict, saved, rebase, discard, refused, lost } = useBuilder();
  return (
    <>
      {conflict && saved && (
        <Notice tone="bad">
          <p>{t.conflict(saved.updatedBy)}</p>
          <div className="row">
            <Button onPress={rebase}>{t.keepMine}</Button>
            <Button onPress={discard}>{t.takeTheirs}</Button>
          </div>
        </Notice>
      )}
      {saved?.status === "error" && <Notice tone="bad">{t.inError}</Notice>}
      {refused && <Failure error={refused} />}
      {lost.length > 0 && <Notice tone="plain">{t.lost(lost.length)}</Notice>}
    </>
  );
}

/** The way on, for whoever does it step by step. */
function Onward({ current }: { current: StepName | "sync" }) {
  const t = useTexts().integrations;
  const panel = usePanel();
  const { id } = useBuilder();
  const all = [...STEPS, "sync" as const];
  const next = all[all.indexOf(current) + 1];
  if (!next) return null;
  return (
    <div className="row onward">
      <Button onPress={() => panel.navigate(`/${id}/${next}`)}>{t.onward(t.steps[next])}</Button>
    </div>
  );
}
