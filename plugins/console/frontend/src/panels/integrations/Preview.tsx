import type { Problem } from "../../api/problem";
import { Button } from "../../kit/Button";
import { JsonView } from "../../kit/JsonView";
import { Failure, Notice } from "../../kit/Notice";
import { useTexts } from "../../texts";
import type { Mapped } from "./data";
import { useWords } from "./route";

interface Props {
  mapped: Mapped | null;
  failure: Problem | null;
  record: number;
  onRecord: (record: number) => void;
  sampled: boolean;
}

/** What the mapping makes of the sample, record by record, as it is typed. */
export function Preview({ mapped, failure, record, onRecord, sampled }: Props) {
  const t = useTexts().integrations;
  const { number } = useWords();
  const shown = mapped?.records[record];
  const failed = mapped?.records.filter((one) => one.errors.length).length ?? 0;
  return (
    <section className="card stack" aria-label={t.preview}>
      <h2>{t.preview}</h2>
      {!sampled && <p className="quiet-text">{t.previewLater}</p>}
      {failure && <Failure error={failure} />}
      {mapped && (
        <p role="status">
          {t.recordsFound(number(mapped.count))} {failed > 0 && <strong>{t.failedOf(failed, mapped.records.length)}</strong>}
        </p>
      )}
      {mapped && mapped.records.length > 1 && (
        <div className="row">
          <Button kind="quiet" isDisabled={record === 0} onPress={() => onRecord(record - 1)} aria-label={t.recordBefore}>
            ←
          </Button>
          <span>{t.recordAt(record + 1, mapped.records.length)}</span>
          <Button kind="quiet" isDisabled={record >= mapped.records.length - 1} onPress={() => onRecord(record + 1)} aria-label={t.recordAfter}>
            →
          </Button>
        </div>
      )}
      {shown && (
        <>
          {shown.errors.length > 0 && (
            <Notice tone="bad">
              <ul>
                {shown.errors.map((one, at) => (
                  <li key={at}>
                    <code>{one.field}</code> {one.detail}
                  </li>
                ))}
              </ul>
            </Notice>
          )}
          <p className="quiet-text">
            {t.identifiedBy} <code>{shown.externalId ?? "–"}</code>
          </p>
          <JsonView value={shown.data} label={t.preview} />
        </>
      )}
    </section>
  );
}
