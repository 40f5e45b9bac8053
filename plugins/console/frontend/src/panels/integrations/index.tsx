import { mounted } from "../mount";
import { BuilderPage } from "./Builder";
import { Import } from "./Import";
import { List } from "./List";
import { RunPage } from "./RunPage";
import { useRoute } from "./route";
import "./integrations.css";

function Integrations() {
  const [id, part, run] = useRoute();
  if (!id) return <List />;
  if (id === "import") return <Import />;
  if (part === "runs" && run) return <RunPage id={id} run={run} />;
  return <BuilderPage key={id} id={id} />;
}

export const mount = mounted(Integrations);
