import { Dialog } from "../kit/Dialog";
import { useTexts } from "../texts";

export function Help({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTexts().frame;
  return (
    <Dialog title={t.help} open={open} onClose={onClose}>
      <dl className="facts">
        {Object.entries(t.helpKeys).flatMap(([keys, what]) => [
          <dt key={`${keys}.keys`}>
            {keys.split(" ").map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dt>,
          <dd key={keys}>{what}</dd>,
        ])}
      </dl>
    </Dialog>
  );
}
