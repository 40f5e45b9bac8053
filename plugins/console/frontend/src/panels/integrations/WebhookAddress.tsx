import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { json } from "../../api/client";
import { usePanel } from "../../api/context";
import { problemFrom } from "../../api/problem";
import { Button } from "../../kit/Button";
import { useConfirm } from "../../kit/Confirm";
import { Failure, Notice } from "../../kit/Notice";
import { TextField } from "../../kit/Fields";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import { one } from "./data";
import { MASK } from "./model";
import { useWords } from "./route";

interface Renewed {
  webhookUrl: string;
  webhookSecret: string;
  previousValidUntil: string | null;
}

/** The address, which has a secret in it, and the key of signatures: shown once, when it is made. */
export function WebhookAddress() {
  const t = useTexts().integrations;
  const { saved, draft, set, wrong } = useBuilder();
  const receives = !!saved?.webhookConfig;
  const own = draft.webhookConfig?.webhookSecret;
  return (
    <section className="card stack" aria-label={t.address}>
      <h2>{t.address}</h2>
      {receives ? <Address id={saved.id} /> : <p className="quiet-text">{t.addressAfterSaving}</p>}
      <details>
        <summary>{t.ownSecret}</summary>
        <TextField
          label={t.secretOfSender}
          type="password"
          autoComplete="off"
          help={t.secretOfSenderHelp}
          placeholder={own === MASK || receives ? t.kept : ""}
          value={own === MASK ? "" : (own ?? "")}
          onChange={(text) => set(["webhookConfig", "webhookSecret"], text || (receives ? MASK : undefined))}
          error={wrong("/webhookConfig/webhookSecret")}
        />
      </details>
    </section>
  );
}

function Address({ id }: { id: string }) {
  const t = useTexts().integrations;
  const panel = usePanel();
  const confirm = useConfirm();
  const queries = useQueryClient();
  const { time } = useWords();
  const [renewed, setRenewed] = useState<Renewed | null>(null);
  const { isDraft } = useBuilder();
  const key = ["integrations", id, "webhook-url"];
  const { data, error } = useQuery({ queryKey: key, queryFn: () => json<{ webhookUrl: string }>(`${one(id)}/webhook-url`) });
  const renew = async () => {
    if (!(await confirm({ title: t.rotate, text: t.rotateText, action: t.rotate, danger: true }))) return;
    try {
      setRenewed(await json<Renewed>(`${one(id)}/regenerate-secret`, "POST"));
      await queries.invalidateQueries({ queryKey: ["integrations", id] });
    } catch (failure) {
      panel.notify(problemFrom(failure).detail, "bad");
    }
  };
  return (
    <>
      {!!error && <Failure error={error} />}
      {data && <Copied label={t.url} value={renewed?.webhookUrl ?? data.webhookUrl} />}
      {renewed && (
        <Notice tone="good">
          <p>{t.secretOnce}</p>
          <Copied label={t.secret} value={renewed.webhookSecret} />
          {renewed.previousValidUntil && <p>{t.oldUntil(time(renewed.previousValidUntil))}</p>}
        </Notice>
      )}
      <div className="row">
        <Button onPress={() => void renew()} isDisabled={isDraft}>
          {t.rotate}
        </Button>
        {isDraft && <span className="quiet-text">{t.saveBefore}</span>}
      </div>
    </>
  );
}

/** A value to be taken elsewhere. */
export function Copied({ label, value }: { label: string; value: string }) {
  const t = useTexts();
  const panel = usePanel();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      panel.notify(t.kit.copied, "good");
    } catch {
      panel.notify(t.integrations.copyByHand, "bad");
    }
  };
  return (
    <div className="copied">
      <span className="field-label">{label}</span>
      <code className="breaks">{value}</code>
      <Button kind="quiet" aria-label={`${t.kit.copy} ${label}`} onPress={() => void copy()}>
        {t.kit.copy}
      </Button>
    </div>
  );
}
