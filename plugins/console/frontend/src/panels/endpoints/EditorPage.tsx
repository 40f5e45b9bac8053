/** One endpoint, new or saved: data, code and result side by side, then its name and address, then calling it. */
import { useEffect, useRef } from "react";
import { usePanel } from "../../api/context";
import { Button } from "../../kit/Button";
import { useConfirm } from "../../kit/Confirm";
import { Failure, Notice } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { useTexts } from "../../texts";
import { Bench } from "./Bench";
import { CallCard } from "./CallCard";
import { Conflict } from "./Conflict";
import * as api from "./data";
import { type Editing, useEditing } from "./editing";
import { problemFrom } from "../../api/problem";
import type { Widget } from "./model";
import { dropPin } from "./pins";
import { type Sampled, useSample } from "./sample";
import { SettingsCard } from "./SettingsCard";
import { Ways } from "./Ways";

export function EditorPage({ id }: { id: string }) {
  const t = useTexts();
  const { data, error, refetch } = api.useWidget(id);
  if (id === "new") return <Editor id={id} saved={null} />;
  if (data) return <Editor id={id} saved={data} />;
  return <Page title={t.endpoints.title}>{error ? <Failure error={error} retry={() => void refetch()} /> : t.frame.loading}</Page>;
}

function Editor({ id, saved }: { id: string; saved: Widget | null }) {
  const t = useTexts().endpoints;
  const editing = useEditing(id, saved);
  const { draft, problem } = editing;
  const sampled = useSample(id, draft.path, draft.methods);
  const place = useRef<HTMLDivElement>(null);
  useFirstMistake(place, editing);
  return (
    <Page
      title={saved?.name ?? t.new}
      summary={saved ? <code>{saved.path ?? saved.execute_url}</code> : t.newSummary}
      actions={<Actions editing={editing} sampled={sampled} />}
    >
      <div ref={place} className="stack">
        {saved && <Ways id={id} />}
        <Conflict editing={editing} />
        {problem && problem.status !== 412 && <Unsaved editing={editing} />}
        <Bench editing={editing} sampled={sampled} />
        <div className="split">
          <SettingsCard editing={editing} />
          <CallCard editing={editing} sampled={sampled} />
        </div>
      </div>
    </Page>
  );
}

/** Why it was not saved: errors of fields are at their fields, all others here. */
function Unsaved({ editing: { problem } }: { editing: Editing }) {
  const t = useTexts().endpoints;
  const elsewhere = problem!.errors.filter((error) => !error.pointer);
  const details = elsewhere.length || !problem!.errors.length ? [problem!.detail, ...elsewhere.map((error) => error.detail)] : [];
  return (
    <Notice tone="bad">
      <p>
        <strong>{t.notSaved}</strong> {problem!.errors.length === 1 && problem!.errors[0]!.detail}
      </p>
      {details.map((detail) => (
        <p key={detail}>{detail}</p>
      ))}
    </Notice>
  );
}

/** After a save that was refused the first field in error has the focus. */
function useFirstMistake(place: React.RefObject<HTMLDivElement | null>, { problem }: Editing) {
  useEffect(() => {
    if (!problem?.errors.length) return;
    place.current?.querySelector<HTMLElement>("input[aria-invalid=true], textarea[aria-invalid=true], [data-invalid] button")?.focus();
  }, [problem, place]);
}

function Actions({ editing, sampled }: { editing: Editing; sampled: Sampled }) {
  const t = useTexts().endpoints;
  const panel = usePanel();
  const confirm = useConfirm();
  const { saved, isDraft, saving } = editing;
  const save = async () => {
    const made = await editing.save();
    if (!made) return;
    panel.notify(t.saved, "good");
    if (saved) return;
    sampled.moveTo(made.id);
    panel.navigate(`/${made.id}`, { replace: true });
  };
  const discard = async () => {
    if (!(await confirm({ title: t.discard, text: t.discardText, action: t.discard, danger: true }))) return;
    editing.discard();
    if (saved) return;
    sampled.forget();
    dropPin(editing.id);
    panel.navigate("/");
  };
  const remove = async (widget: Widget) => {
    if (!(await confirm({ title: t.removeTitle(widget.name), text: t.removeText, action: t.remove, danger: true }))) return;
    try {
      await api.remove(widget.id);
      editing.discard();
      api.gone(widget.id);
      dropPin(widget.id);
      panel.notify(t.removed, "good");
      panel.navigate("/");
    } catch (error) {
      panel.notify(problemFrom(error).detail, "bad");
    }
  };
  return (
    <>
      {isDraft && <span className="quiet-text">{t.unsaved}</span>}
      {isDraft && (
        <Button kind="quiet" onPress={() => void discard()}>
          {t.discard}
        </Button>
      )}
      {saved && (
        <Button kind="quiet" onPress={() => void remove(saved)}>
          {t.remove}
        </Button>
      )}
      <Button kind="primary" onPress={() => void save()} isDisabled={saving || (!!saved && !isDraft)}>
        {saving ? t.saving : t.save}
      </Button>
    </>
  );
}
