import { Button } from "../../kit/Button";
import { CopyField } from "../../kit/CopyField";
import { Notice } from "../../kit/Notice";
import { titleOf } from "../../kit/schema/model";
import { useTexts } from "../../texts";
import { at } from "./reading";

/** What the server shows this once. */
export function Revealed({ answer, pointers, onClose }: { answer: unknown; pointers: readonly string[]; onClose: () => void }) {
  const t = useTexts().lists;
  const shown = pointers.map((pointer): [string, unknown] => [pointer, at(answer, pointer)]).filter(([, value]) => value !== undefined);
  return (
    <>
      <Notice tone="busy">{t.onlyNow}</Notice>
      {shown.map(([pointer, value]) => (
        <CopyField key={pointer} label={titleOf(pointer.split("/").at(-1)!)} text={typeof value === "string" ? value : JSON.stringify(value)} />
      ))}
      <div className="row end">
        <Button kind="primary" onPress={onClose}>
          {t.copiedIt}
        </Button>
      </div>
    </>
  );
}
