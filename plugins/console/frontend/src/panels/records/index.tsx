import { mounted } from "../mount";
import { NewRecord } from "./NewRecord";
import { RecordList } from "./RecordList";
import { RecordPage } from "./RecordPage";
import { useRoute } from "./route";
import { TypeList } from "./TypeList";
import { EditType, NewType } from "./TypePage";
import "./records.css";

function Records() {
  const { parts, query } = useRoute();
  const [area, id = "", part] = parts;
  if (area === "records" && id) return <RecordPage key={id} id={id} />;
  if (area === "new-type") return <NewType />;
  if (area !== "types" || !id) return <TypeList />;
  if (part === "new") return <NewRecord key={id} type={id} />;
  if (part === "edit") return <EditType key={id} id={id} />;
  return <RecordList key={id} type={id} query={query} />;
}

export const mount = mounted(Records);
