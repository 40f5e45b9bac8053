import { useState } from "react";
import { FileTrigger } from "react-aria-components";
import { usePanel } from "../../api/context";
import { type Problem, problemFrom } from "../../api/problem";
import { Button } from "../../kit/Button";
import { useConfirm } from "../../kit/Confirm";
import { TextField } from "../../kit/Fields";
import { Failure, Notice } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { useTexts } from "../../texts";
import { begin, hasDraft } from "./draft";
import * as api from "./data";
import { Mark } from "./Mark";
import { titleOf } from "./model";
import { put, stepsOf } from "./places";

/** A definition of somewhere else, or an OpenAPI document: shown first, then opened in the builder. */
export function Import() {
  const t = useTexts().integrations;
  const panel = usePanel();
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [found, setFound] = useState<api.Imported | null>(null);
  const look = async (given: string) => {
    setFound(null);
    try {
      setFound(await api.read(JSON.parse(given)));
      setProblem(null);
    } catch (error) {
      setProblem(problemFrom(error));
    }
  };
  const take = async (files: FileList | null) => {
    const given = await files?.[0]?.text();
    if (given === undefined) return;
    setText(given);
    await look(given);
  };
  return (
    <Page title={t.import} summary={t.importHelp} actions={<Button onPress={() => panel.navigate("/")}>{t.allIntegrations}</Button>}>
      <section className="card stack">
        <div className="row">
          <FileTrigger acceptedFileTypes={["application/json", ".json"]} onSelect={(files) => void take(files)}>
            <Button>{t.chooseFile}</Button>
          </FileTrigger>
          <span className="quiet-text">{t.orPaste}</span>
        </div>
        <TextField label={t.definition} lines={10} code value={text} onChange={setText} />
        <div className="row">
          <Button kind={found ? "plain" : "primary"} isDisabled={!text.trim()} onPress={() => void look(text)}>
            {t.show}
          </Button>
        </div>
        {problem && <Failure error={problem} />}
      </section>
      {found && <Found found={found} />}
    </Page>
  );
}

/** What it would make; the credentials that it lacks are asked for, and stay in memory. */
function Found({ found }: { found: api.Imported }) {
  const t = useTexts().integrations;
  const panel = usePanel();
  const confirm = useConfirm();
  const { data: saved = [] } = api.useIntegrations();
  const [secrets, setSecrets] = useState<Record<string, string>>({});
  const { definition, credentials, errors } = found;
  const taken = saved.some((one) => one.name === definition.name);
  const types = [...new Set((definition.endpoints ?? []).map((one) => one.responseMapping?.targetShardTypeId).filter(Boolean))];
  const others = errors.filter((one) => !credentials.includes(one.pointer ?? ""));
  const open = async () => {
    if (hasDraft("new") && !(await confirm({ title: t.replaceDraft, text: t.replaceDraftText, action: t.replaceDraft, danger: true }))) return;
    begin(credentials.reduce((made, pointer) => put(made, stepsOf(pointer), secrets[pointer] ?? ""), definition), credentials);
    panel.navigate("/new/basics");
  };
  return (
    <section className="card stack" aria-label={t.willMake}>
      <h2>{t.willMake}</h2>
      <p className="row">
        <Mark of={definition} /> <strong>{titleOf(definition)}</strong> <code>{definition.baseUrl}</code>
      </p>
      <p>{found.source === "openapi" ? t.fromOpenapi : t.fromExport}</p>
      {taken && <Notice tone="plain">{t.nameTaken(definition.name)}</Notice>}
      <ul className="plain-list" aria-label={t.endpointsOf}>
        {(definition.endpoints ?? []).map((one) => (
          <li key={one.id} className="row">
            <code className="method">{one.method ?? "GET"}</code> <strong>{one.name || one.id}</strong> <code className="quiet-text breaks">{one.path}</code>
          </li>
        ))}
      </ul>
      {types.length > 0 && <p className="quiet-text">{t.storesAs(types.join(", "))}</p>}
      {credentials.length > 0 && (
        <div className="stack">
          <h3>{t.credentialsNeeded}</h3>
          <p className="quiet-text">{t.credentialsHelp}</p>
          <div className="cells">
            {credentials.map((pointer) => (
              <TextField key={pointer} label={pointer.slice(1).replaceAll("/", " / ")} type="password" autoComplete="off" value={secrets[pointer] ?? ""} onChange={(value) => setSecrets({ ...secrets, [pointer]: value })} />
            ))}
          </div>
        </div>
      )}
      {others.length > 0 && (
        <Notice tone="plain">
          <p>{t.toMend(others.length)}</p>
          <ul>
            {others.slice(0, 10).map((one, at) => (
              <li key={at}>
                <code>{one.pointer}</code> {one.detail}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <div>
        <Button kind="primary" onPress={() => void open()}>
          {t.openInBuilder}
        </Button>
      </div>
    </section>
  );
}
