import { mounted } from "../mount";
import { CallsPage } from "./CallsPage";
import { EditorPage } from "./EditorPage";
import { List } from "./List";
import { useRoute } from "./route";
import "./endpoints.css";

function Endpoints() {
  const [id, part] = useRoute();
  if (!id) return <List />;
  if (part === "calls") return <CallsPage id={id} />;
  return <EditorPage key={id} id={id} />;
}

export const mount = mounted(Endpoints);
