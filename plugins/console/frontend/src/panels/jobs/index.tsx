import { mounted } from "../mount";
import { JobPage } from "./JobPage";
import { List } from "./List";
import { useRoute } from "./route";
import "./jobs.css";

function Jobs() {
  const [id] = useRoute().parts;
  return id ? <JobPage key={id} id={id} /> : <List />;
}

export const mount = mounted(Jobs);
