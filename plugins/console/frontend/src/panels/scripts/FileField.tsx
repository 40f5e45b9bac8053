/** A file for a script: sent now, with how far it is; sent before; or one that the server's operator has put there. */
import { useEffect, useRef, useState, type DragEvent } from "react";
import { FileTrigger } from "react-aria-components";
import { problemFrom } from "../../api/problem";
import { upload, type Sent } from "../../api/upload";
import { Button } from "../../kit/Button";
import { Select, TextField } from "../../kit/Fields";
import { useTexts } from "../../texts";
import { useWords } from "../jobs/words";
import { refreshUploads, useUploads } from "./data";
import type { FileValue } from "./values";

interface Props {
  label: string;
  help: string;
  error: string | undefined;
  required: boolean;
  extensions: readonly string[];
  value: FileValue | undefined;
  onChange: (value: FileValue | undefined) => void;
  /** Uploads are kept for some days only: what comes again by the clock names files of the server. */
  onServer?: boolean;
}

export function FileField({ label, help, error, required, extensions, value, onChange, onServer }: Props) {
  const t = useTexts().scripts;
  const { bytes } = useWords();
  const sending = useSending(onChange);
  const [named, setNamed] = useState(Boolean(onServer));
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file) sending.send(file);
  };
  const shown = error ?? sending.error;
  const known = useUploads().data?.find((one) => one.id === value?.value);
  if (onServer) return <Named label={label} help={`${help} ${t.onServerOnly}`} error={error} required={required} value={value} onChange={onChange} />;
  return (
    <fieldset className={over ? "field script-file over" : "field script-file"} onDragOver={(event) => (event.preventDefault(), setOver(true))} onDragLeave={() => setOver(false)} onDrop={drop}>
      <legend>
        {label} {required && <span aria-hidden="true">*</span>}
      </legend>
      {sending.sent ? (
        <Sending name={sending.name} sent={sending.sent} stop={sending.stop} />
      ) : value && !named ? (
        <div className="row">
          <strong>{known?.name ?? value.name}</strong>
          {known && <span className="quiet-text">{bytes(known.size)}</span>}
          <Button aria-label={t.removeFile(known?.name ?? value.name)} onPress={() => onChange(undefined)}>
            {t.remove}
          </Button>
        </div>
      ) : (
        <>
          <div className="row">
            <FileTrigger acceptedFileTypes={extensions.length ? [...extensions] : undefined} onSelect={(files) => files?.[0] && sending.send(files[0])}>
              <Button aria-label={t.chooseFor(label)}>{t.choose}</Button>
            </FileTrigger>
            <span className="quiet-text">{t.orDrop}</span>
            <Button kind="quiet" onPress={() => setNamed(!named)}>
              {t.onServer}
            </Button>
          </div>
          {named && <Named label={t.nameOnServer} help={t.nameOnServerHelp} value={value} onChange={onChange} />}
          <Before extensions={extensions} onChange={onChange} />
        </>
      )}
      {help && <span className="help">{help}</span>}
      {shown && (
        <span className="react-aria-FieldError" role="alert">
          {shown}
        </span>
      )}
    </fieldset>
  );
}

function useSending(onChange: (value: FileValue) => void) {
  const [sent, setSent] = useState<Sent | null>(null);
  const [name, setName] = useState("");
  const [error, setError] = useState<string>();
  const stopping = useRef<AbortController | null>(null);
  useEffect(() => () => stopping.current?.abort(), []);
  const send = async (file: File) => {
    stopping.current?.abort();
    const own = (stopping.current = new AbortController());
    setName(file.name);
    setError(undefined);
    setSent({ sent: 0, all: file.size });
    try {
      const made = await upload(file, setSent, own.signal);
      await refreshUploads();
      onChange({ value: made.id, name: made.name });
    } catch (failure) {
      if (!own.signal.aborted) setError(problemFrom(failure).detail);
    } finally {
      if (stopping.current === own) setSent(null);
    }
  };
  return { sent, name, error, send: (file: File) => void send(file), stop: () => stopping.current?.abort() };
}

function Sending({ name, sent: { sent, all }, stop }: { name: string; sent: Sent; stop: () => void }) {
  const t = useTexts();
  const { bytes } = useWords();
  const percent = all ? Math.floor((100 * sent) / all) : 0;
  return (
    <div className="stack close">
      <div className="row">
        <span>
          <strong>{name}</strong> <span className="quiet-text">{percent < 100 ? t.scripts.sentOf(percent, bytes(all)) : t.scripts.storing}</span>
        </span>
        <Button onPress={stop}>{t.kit.cancel}</Button>
      </div>
      <progress className="script-sent" aria-label={t.scripts.sending(name)} max={100} value={percent} />
    </div>
  );
}

/** Uploads of the last days. */
function Before({ extensions, onChange }: Pick<Props, "extensions" | "onChange">) {
  const t = useTexts().scripts;
  const { time, bytes } = useWords();
  const fitting = (useUploads().data ?? []).filter((one) => !extensions.length || extensions.some((end) => one.name.toLowerCase().endsWith(end.toLowerCase())));
  if (!fitting.length) return null;
  const options = fitting.map((one) => ({ value: one.id, label: one.name, help: `${bytes(one.size)}, ${time(one.created_at)}` }));
  const choose = (id: string) => {
    const found = fitting.find((one) => one.id === id);
    if (found) onChange({ value: found.id, name: found.name });
  };
  return <Select label={t.sentBefore} value="" options={options} onChange={choose} />;
}

function Named({ value, onChange, ...field }: { label: string; help: string; error?: string; required?: boolean } & Pick<Props, "value" | "onChange">) {
  const [text, setText] = useState(value?.value ?? "");
  const change = (next: string) => {
    setText(next);
    onChange(next ? { value: next, name: next } : undefined);
  };
  return <TextField {...field} code value={text} placeholder="catalog/products.csv" onChange={change} />;
}
