import { JsonView } from "../../kit/JsonView";
import { Notice } from "../../kit/Notice";
import { useTexts } from "../../texts";
import type { TestResult } from "./data";

/** The first records as they came, and as they are mapped. */
export function MappedView({ result }: { result: TestResult }) {
  const t = useTexts().integrations;
  const shown = result.mappingPreview;
  if (!shown) return null;
  return (
    <>
      {shown.errors.length > 0 && (
        <Notice tone="bad">
          <ul>
            {shown.errors.map((one, at) => (
              <li key={at}>{one}</li>
            ))}
          </ul>
        </Notice>
      )}
      <details>
        <summary>{t.mappedRecords}</summary>
        <div className="split">
          <JsonView value={shown.rawData} label={t.rawRecords} />
          <JsonView value={shown.mappedData} label={t.mappedRecords} />
        </div>
      </details>
    </>
  );
}
