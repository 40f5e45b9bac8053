import { useMemo, useRef } from "react";
import { brief } from "./paths";
import { useIsFocused, usePicker } from "./picker";
import { Suggest } from "./Suggest";

interface Props {
  label: string;
  hideLabel?: boolean;
  /** What a click in the sample knows it by. */
  name: string;
  scope: "record" | "body";
  value: string;
  onChange: (value: string) => void;
  error?: string;
  help?: string;
  placeholder?: string;
  required?: boolean;
}

/** A JSONPath: typed, completed from the sample, or clicked in it. */
export function PathField({ name, scope, value, onChange, ...props }: Props) {
  const picker = usePicker();
  const isFocused = useIsFocused(name);
  const paths = scope === "record" ? picker.inRecord : picker.inBody;
  const suggest = useMemo(
    () => (typed: string) => {
      const words = typed.replace(/^\$?\.?/, "").toLowerCase();
      return paths.filter((one) => one.path.toLowerCase().includes(words)).map((one) => ({ text: one.path, help: brief(one.value, 40) }));
    },
    [paths],
  );
  const latest = useRef(onChange);
  latest.current = onChange;
  const focus = () => picker.focused.set({ key: name, scope, set: (path) => latest.current(path) });
  return (
    <div className={isFocused ? "picking" : undefined}>
      <Suggest {...props} value={value} suggest={suggest} onChange={onChange} onFocus={focus} />
    </div>
  );
}
