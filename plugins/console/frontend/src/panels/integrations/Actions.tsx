import { Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { usePanel } from "../../api/context";
import { problemFrom } from "../../api/problem";
import { Button } from "../../kit/Button";
import { useConfirm } from "../../kit/Confirm";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import * as api from "./data";
import { definitionOf, titleOf } from "./model";
import { useRoute } from "./route";
import { renameSamples } from "./sample";

/** Saving, activating, and what else can be done with the whole of it. */
export function Actions() {
  const t = useTexts().integrations;
  const panel = usePanel();
  const [, step = "basics"] = useRoute();
  const { saved, isDraft, saving, save, errors } = useBuilder();
  const activate = useActivation();
  const saveAll = async () => {
    const made = await save();
    if (!made) return panel.notify(t.notSavedYet, "bad");
    panel.notify(t.saved, "good");
    if (saved) return;
    renameSamples("new", made.id);
    panel.navigate(`/${made.id}/${step}`, { replace: true });
  };
  return (
    <>
      {saved && (
        <Button onPress={() => void activate()} isDisabled={saving}>
          {saved.status === "active" ? t.deactivate : t.activate}
        </Button>
      )}
      <More />
      <Button kind="primary" onPress={() => void saveAll()} isDisabled={saving || (!!saved && !isDraft)}>
        {saving ? t.saving : errors.length ? t.saveWith(errors.length) : t.save}
      </Button>
    </>
  );
}

/** Activates what is saved, or stops it; what keeps it from being active is told at its fields. */
function useActivation() {
  const t = useTexts().integrations;
  const panel = usePanel();
  const confirm = useConfirm();
  const { wrote } = api.useWritten();
  const { saved, isDraft, save, refuse } = useBuilder();
  return async () => {
    const current = isDraft ? await save() : saved;
    if (!current) return panel.notify(t.notSavedYet, "bad");
    const on = current.status !== "active";
    const sure = on || (await confirm({ title: t.deactivate, text: t.deactivateText, action: t.deactivate, danger: true }));
    if (!sure) return;
    try {
      wrote(await api.change(current.id, { status: on ? "active" : "inactive" }));
      panel.notify(on ? t.activated : t.deactivated, "good");
    } catch (error) {
      refuse(problemFrom(error));
      panel.notify(problemFrom(error).detail, "bad");
    }
  };
}

function More() {
  const t = useTexts().integrations;
  const panel = usePanel();
  const confirm = useConfirm();
  const { saved, isDraft, discard, draft } = useBuilder();
  const { stale } = api.useWritten();
  const remove = async () => {
    if (!saved || !(await confirm({ title: t.delete, text: t.deleteText(titleOf(saved)), action: t.delete, danger: true }))) return;
    try {
      await api.remove(saved.id);
      discard();
      stale("");
      panel.navigate("/");
    } catch (error) {
      panel.notify(problemFrom(error).detail, "bad");
    }
  };
  const forget = async () => {
    if (!(await confirm({ title: t.discard, text: t.discardText, action: t.discard, danger: true }))) return;
    discard();
    if (!saved) panel.navigate("/");
  };
  const acts: Record<string, () => unknown> = {
    export: () => download(`${draft.name || "integration"}.json`, definitionOf(saved ?? draft)),
    discard: forget,
    delete: remove,
  };
  return (
    <MenuTrigger>
      <Button aria-label={t.more}>⋯</Button>
      <Popover className="popover">
        <Menu className="options" onAction={(key) => void acts[String(key)]?.()}>
          {saved && (
            <MenuItem id="export" className="option">
              {t.export}
            </MenuItem>
          )}
          {isDraft && (
            <MenuItem id="discard" className="option">
              {t.discard}
            </MenuItem>
          )}
          {saved && (
            <MenuItem id="delete" className="option">
              {t.delete}
            </MenuItem>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** What is saved has masks in the places of its credentials: so has the file. */
function download(name: string, document: unknown): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(document, null, 2)], { type: "application/json" }));
  const link = Object.assign(window.document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
