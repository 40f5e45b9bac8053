import { useState } from "react";
import { MenuTrigger, Menu, MenuItem, Popover } from "react-aria-components";
import { problemFrom } from "../../api/problem";
import { Button } from "../../kit/Button";
import { Dialog } from "../../kit/Dialog";
import { useConfirm } from "../../kit/Confirm";
import { notify } from "../../kit/Toasts";
import { useTexts } from "../../texts";
import type { Action, CollectionContent } from "../panels";
import { FormDialog } from "./FormDialog";
import { bodyOf, isOffered, pathOf, type Item } from "./reading";
import { Revealed } from "./Revealed";
import { send } from "./sending";

interface Props {
  actions: readonly Action[];
  item: Item;
  /** What people call the item. */
  name: string;
  onDone: (action?: Action) => void;
  /** Behind one button, for rows. */
  quiet?: boolean;
}

const isDanger = (action: Action): boolean => action.method === "DELETE";

/** Does an action; what it asks for is asked first. */
function useDoing(name: string, item: Item, onDone: (action?: Action) => void) {
  const t = useTexts().lists;
  const confirm = useConfirm();
  const [form, setForm] = useState<Action | null>(null);
  const [revealed, setRevealed] = useState<{ action: Action; answer: unknown } | null>(null);
  const doIt = async (action: Action) => {
    if (action.form) return setForm(action);
    const question = { title: `${action.title}: ${name}`, text: action.confirm, action: action.title, danger: isDanger(action) };
    if (action.confirm && !(await confirm(question))) return;
    try {
      const body = action.body === null ? undefined : bodyOf(action.body, item);
      const answer = await send(pathOf(action.path, item), action.method, body);
      if (action.reveal.length) setRevealed({ action, answer: answer.body });
      else notify(t.didIt(action.title, name), "good");
      onDone(action);
    } catch (error) {
      notify(`${action.title}: ${problemFrom(error).detail}`, "bad");
    }
  };
  const dialogs = (
    <>
      {form?.form && (
        <FormDialog
          form={{ ...form, schema: form.form }}
          draft={`action.${form.path}.${name}`}
          item={item}
          more={form.body ? (bodyOf(form.body, item) as Item) : undefined}
          onClose={() => setForm(null)}
          onDone={onDone}
        />
      )}
      {revealed && (
        <Dialog title={revealed.action.title} open stays onClose={() => setRevealed(null)}>
          <Revealed answer={revealed.answer} pointers={revealed.action.reveal} onClose={() => setRevealed(null)} />
        </Dialog>
      )}
    </>
  );
  return { doIt, dialogs };
}

export function ActionButtons({ actions, item, name, onDone, quiet }: Props) {
  const t = useTexts().lists;
  const { doIt, dialogs } = useDoing(name, item, onDone);
  if (!actions.length) return dialogs;
  if (quiet && actions.length > 1) {
    return (
      <>
        <MenuTrigger>
          <Button kind="quiet" className="icon" aria-label={`${t.actions}: ${name}`}>
            <span aria-hidden="true">⋯</span>
          </Button>
          <Popover className="popover" placement="bottom end">
            <Menu className="menu" onAction={(at) => void doIt(actions[Number(at)]!)}>
              {actions.map((action, at) => (
                <MenuItem key={at} id={String(at)} className={isDanger(action) ? "option danger" : "option"}>
                  {action.title}
                </MenuItem>
              ))}
            </Menu>
          </Popover>
        </MenuTrigger>
        {dialogs}
      </>
    );
  }
  return (
    <>
      {actions.map((action) => (
        <Button key={action.title} kind={isDanger(action) ? "danger" : "plain"} aria-label={quiet ? `${action.title}: ${name}` : undefined} onPress={() => void doIt(action)}>
          {action.title}
        </Button>
      ))}
      {dialogs}
    </>
  );
}

interface BulkProps {
  content: CollectionContent;
  items: readonly Item[];
  onDone: () => void;
  onClear: () => void;
}

/** For a selection: one after the other, each with its own word if it fails. */
export function BulkActions({ content, items, onDone, onClear }: BulkProps) {
  const t = useTexts().lists;
  const confirm = useConfirm();
  const [busy, setBusy] = useState(false);
  const actions = content.actions.filter((one) => one.bulk);
  const run = async (action: Action) => {
    const fit = items.filter((item) => isOffered(action, item));
    const title = `${action.title} (${fit.length})`;
    if (action.confirm && !(await confirm({ title, text: action.confirm, action: title, danger: isDanger(action) }))) return;
    setBusy(true);
    const failures: string[] = [];
    for (const item of fit) {
      const body = action.body === null ? undefined : bodyOf(action.body, item);
      await send(pathOf(action.path, item), action.method, body).catch((error: unknown) => failures.push(problemFrom(error).detail));
    }
    setBusy(false);
    if (failures.length) notify(t.someFailed(failures.length, fit.length, failures[0]!), "bad");
    else notify(t.didAll(action.title, fit.length), "good");
    onDone();
  };
  return (
    <div className="row card" role="group" aria-label={t.chosen(items.length)}>
      <strong role="status">{t.chosen(items.length)}</strong>
      {actions.map((action) => {
        const count = items.filter((item) => isOffered(action, item)).length;
        return (
          <Button key={action.title} kind={isDanger(action) ? "danger" : "plain"} isDisabled={busy || !count} onPress={() => void run(action)}>
            {`${action.title} (${count})`}
          </Button>
        );
      })}
      <Button kind="quiet" onPress={onClear}>
        {t.clearChosen}
      </Button>
    </div>
  );
}
