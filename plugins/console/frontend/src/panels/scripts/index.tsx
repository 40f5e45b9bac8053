import { useRoute } from "../jobs/route";
import { mounted } from "../mount";
import { List } from "./List";
import { ScriptPage } from "./ScriptPage";
import "./scripts.css";

function Scripts() {
  const [name, part = ""] = useRoute().parts;
  return name ? <ScriptPage name={name} part={part} /> : <List />;
}

export const mount = mounted(Scripts);
