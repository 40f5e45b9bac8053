import { useTexts } from "../texts";
import { Icon } from "./Icon";
import { addressOf, usePlace } from "./location";
import { groupTitle, grouped, type Panel } from "./panels";

interface Props {
  panels: readonly Panel[];
  onGo?: () => void;
}

export function Navigation({ panels, onGo }: Props) {
  const t = useTexts().frame;
  const here = usePlace().panel;
  const link = (name: string, title: string, icon: string) => (
    <a href={name ? addressOf(name) : "#/"} aria-current={here === name ? "page" : undefined} onClick={onGo}>
      <Icon name={icon} />
      <span>{title}</span>
    </a>
  );
  return (
    <nav aria-label={t.navigation} className="nav">
      {link("", t.home, "home")}
      {grouped(panels).map(([group, members]) => (
        <section key={group} aria-labelledby={`nav-${group}`}>
          <h2 id={`nav-${group}`}>{groupTitle(group, t.groups)}</h2>
          <ul>
            {members.map((panel) => (
              <li key={panel.name}>{link(panel.name, panel.title, panel.icon)}</li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}
