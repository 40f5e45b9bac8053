import { usePanel } from "../../api/context";
import { useTexts } from "../../texts";
import { useRoute } from "./route";

/** The two pages of a saved endpoint. */
export function Ways({ id }: { id: string }) {
  const t = useTexts().endpoints;
  const panel = usePanel();
  const [, part = ""] = useRoute();
  const ways = [
    { part: "", title: t.build },
    { part: "calls", title: t.history },
  ];
  return (
    <nav className="ep-ways" aria-label={t.title}>
      {ways.map((way) => (
        <a key={way.part} href={panel.href(`/${id}${way.part && `/${way.part}`}`)} aria-current={way.part === part ? "page" : undefined}>
          {way.title}
        </a>
      ))}
    </nav>
  );
}
