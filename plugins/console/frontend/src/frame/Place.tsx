/** What an address shows. */
import { Page } from "../kit/Page";
import { useTexts } from "../texts";
import { Boundary } from "./Broken";
import { CollectionPanel } from "./collection/CollectionPanel";
import { FormPanel } from "./FormPanel";
import type { Place as Address } from "./location";
import { ModulePanel } from "./ModulePanel";
import { Overview } from "./Overview";
import type { Panel } from "./panels";

export function Place({ panels, place }: { panels: readonly Panel[]; place: Address }) {
  const t = useTexts().frame;
  if (!place.panel) return <Overview panels={panels} />;
  const panel = panels.find((one) => one.name === place.panel);
  if (!panel) return <Page title={t.noPanel}>{t.noPanelText}</Page>;
  return (
    <Boundary key={panel.name} plugin={panel.plugin} title={panel.title}>
      <Shown panel={panel} path={place.path} />
    </Boundary>
  );
}

function Shown({ panel, path }: { panel: Panel; path: string }) {
  const content = panel.content;
  if (content.kind === "module") return <ModulePanel panel={panel} src={content.src} />;
  if (content.kind === "form") return <FormPanel panel={panel} content={content} />;
  return <CollectionPanel panel={panel} content={content} path={path} />;
}
