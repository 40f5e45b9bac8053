import { useSyncExternalStore } from "react";
import { usePanel } from "../../api/context";
import { Failure } from "../../kit/Notice";
import { Page } from "../../kit/Page";
import { useTexts } from "../../texts";
import { mounted } from "../mount";
import { useDiagnosis, useHealth, useOutlines } from "./data";
import { Isolation } from "./Isolation";
import { Overview } from "./Overview";
import { PluginPage } from "./PluginPage";
import { Plugins } from "./Plugins";
import { Settings } from "./Settings";
import "./system.css";

const AREAS = ["", "plugins", "isolation", "settings"] as const;

function System() {
  const panel = usePanel();
  const path = useSyncExternalStore(panel.watchPath, panel.path);
  const [area = "", name] = path.split("?")[0]!.split("/").filter(Boolean).map(decodeURIComponent);
  const t = useTexts().system;
  const health = useHealth();
  const diagnosis = useDiagnosis();
  const outlines = useOutlines();
  const plugins = diagnosis.data?.plugins ?? outlines.data;
  const failed = diagnosis.error ?? health.error ?? outlines.error;
  const again = () => void Promise.all([health.refetch(), diagnosis.refetch()]);
  if (area === "plugins" && name) return <PluginPage plugin={plugins?.find((one) => one.name === name)} known={!!plugins} isOperator={!!diagnosis.data} />;
  return (
    <Page title={t.title} summary={t.summary}>
      <nav className="row system-areas" aria-label={t.parts}>
        {AREAS.map((one) => (
          <a key={one} href={panel.href(`/${one}`)} aria-current={one === area ? "page" : undefined}>
            {t.areas[one]}
          </a>
        ))}
      </nav>
      {failed && <Failure error={failed} retry={again} />}
      {area === "" && <Overview health={health.data} diagnosis={diagnosis.data} plugins={plugins} again={again} />}
      {area === "plugins" && <Plugins plugins={plugins} />}
      {area === "isolation" && <Isolation diagnosis={diagnosis.data} health={health.data} again={() => void diagnosis.refetch()} />}
      {area === "settings" && <Settings />}
    </Page>
  );
}

export const mount = mounted(System);
