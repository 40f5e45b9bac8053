/** A list from a route, and the pages of its items. */
import type { CollectionContent, Panel } from "../panels";
import { ItemPage } from "./ItemPage";
import { ListPage } from "./ListPage";

interface Props {
  panel: Panel;
  content: CollectionContent;
  path: string;
}

export function CollectionPanel({ panel, content, path }: Props) {
  const [route = "", query = ""] = path.split("?");
  const key = route.split("/").filter(Boolean).map(decodeURIComponent)[0];
  if (key !== undefined && content.detail) return <ItemPage key={key} panel={panel} content={content} id={key} />;
  return <ListPage panel={panel} content={content} query={new URLSearchParams(query)} />;
}
