/** A field that holds the key of an item of another panel: one chooses it by its name. */
import { useQuery } from "@tanstack/react-query";
import { usePanels } from "../../frame/panels";
import { at, listOf } from "../../frame/collection/reading";
import { Select, TextField } from "../Fields";
import type { Ready } from "./SchemaField";

export function PanelChoice({ panel: name, value, onChange, common, required, label }: Ready & { panel: string }) {
  const panel = usePanels().data?.find((one) => one.name === name);
  const content = panel?.content.kind === "collection" ? panel.content : null;
  const { data: found } = useQuery({
    queryKey: ["choice", name],
    queryFn: () => listOf(content!, new URLSearchParams(content!.paging ? { [content!.paging.size]: String(content!.paging.most) } : {})),
    enabled: content !== null,
  });
  const chosen = value === undefined || value === null ? "" : String(value);
  const keyed = (text: string): unknown => {
    const item = found?.items.find((one) => found.keyOf(one) === text);
    return item && content ? at(item, content.key) : text;
  };
  const change = (next: string) => onChange(next ? keyed(next) : required ? next : undefined);
  if (!found || found.items.length === 0) return <TextField {...common} value={chosen} onChange={change} />;
  const options = found.items.map((item) => ({ value: found.keyOf(item), label: found.nameOf(item) }));
  const known = !chosen || options.some((one) => one.value === chosen);
  const own = known ? [] : [{ value: chosen, label: chosen }];
  return <Select {...common} label={label} value={chosen} options={[...(required ? [] : [{ value: "", label: "–" }]), ...own, ...options]} onChange={change} />;
}
