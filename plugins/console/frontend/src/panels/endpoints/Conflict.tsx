/** Somebody else saved while one was writing: both, and a way on that loses nothing by accident. */
import { useState } from "react";
import { usePanel } from "../../api/context";
import { Button } from "../../kit/Button";
import { Dialog } from "../../kit/Dialog";
import { CodeEditor } from "../../kit/LazyEditor";
import { Failure, Notice } from "../../kit/Notice";
import { type Texts, useTexts } from "../../texts";
import type { Editing } from "./editing";
import { differing, type Draft, draftOf } from "./model";

export function Conflict({ editing }: { editing: Editing }) {
  const t = useTexts().endpoints;
  const [open, setOpen] = useState(false);
  if (!editing.theirs) return null;
  return (
    <>
      <Notice tone="busy">
        <p>
          <strong>{t.conflict}</strong>
        </p>
        <Button onPress={() => setOpen(true)}>{t.seeBoth}</Button>
      </Notice>
      <Dialog title={t.conflict} open={open} onClose={() => setOpen(false)} wide>
        <Both editing={editing} onClose={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function Both({ editing, onClose }: { editing: Editing; onClose: () => void }) {
  const t = useTexts().endpoints;
  const panel = usePanel();
  const theirs = draftOf(editing.theirs!);
  const mine = differing(editing.draft, editing.base);
  const changed = new Set(differing(theirs, editing.base));
  const fields = [...new Set([...mine, ...changed])];
  const keep = async () => {
    if (!(await editing.overwrite(editing.theirs!))) return;
    panel.notify(t.saved, "good");
    onClose();
  };
  return (
    <>
      <p>{t.conflictText(mine.map((name) => t.fields[name]).join(", "))}</p>
      {editing.problem && editing.problem.status !== 412 && <Failure error={editing.problem} />}
      {fields.map((name) => (
        <section key={name} className="stack">
          <h3>
            {t.fields[name]} {mine.includes(name) && changed.has(name) && <span className="badge busy">{t.both}</span>}
          </h3>
          <div className="split">
            <Side title={t.theirs} name={name} draft={theirs} />
            <Side title={t.mine} name={name} draft={mine.includes(name) ? editing.draft : theirs} />
          </div>
        </section>
      ))}
      <div className="row end">
        <Button onPress={onClose}>{t.back}</Button>
        <Button kind="danger" onPress={() => (editing.discard(), onClose())}>
          {t.takeTheirs}
        </Button>
        <Button kind="primary" onPress={() => void keep()} isDisabled={editing.saving}>
          {t.keepMine}
        </Button>
      </div>
    </>
  );
}

function Side({ title, name, draft }: { title: string; name: keyof Draft; draft: Draft }) {
  const t = useTexts().endpoints;
  return (
    <div className="ep-side">
      <p className="quiet-text">{title}</p>
      {name === "logic" ? (
        <CodeEditor language="python" label={`${title}: ${t.fields[name]}`} value={draft.logic} readOnly minLines={3} maxLines={18} />
      ) : (
        <p className="code">{written(draft[name], t)}</p>
      )}
    </div>
  );
}

function written(value: Draft[keyof Draft], t: Texts["endpoints"]): string {
  if (typeof value === "boolean") return value ? t.yes : t.no;
  if (typeof value === "string") return value || t.empty;
  return value.map((one) => (typeof one === "string" ? one : `${one[0]} = ${one[1]}`)).join("\n") || t.empty;
}
