import { useState } from "react";
import { Radio, RadioGroup, Label, Text } from "react-aria-components";
import { TextField } from "../../kit/Fields";
import { useTexts } from "../../texts";
import { useBuilder } from "./draft";
import { COLOURS, ICONS, slug } from "./model";

/** What it is called and looks like, and of which kind it is. */
export function Basics() {
  const t = useTexts().integrations;
  const { draft, set, edit, wrong, saved } = useBuilder();
  const [named, setNamed] = useState(!!draft.name && draft.name !== slug(draft.displayName ?? ""));
  const title = (displayName: string) =>
    edit((before) => ({ ...before, displayName, ...(named || saved ? {} : { name: slug(displayName) }) }));
  return (
    <div className="split">
      <div className="card stack">
        <TextField label={t.displayName} value={draft.displayName ?? ""} onChange={title} error={wrong("/displayName")} placeholder="Acme CRM" />
        <TextField
          label={t.name}
          value={draft.name}
          required
          code
          onChange={(name) => (setNamed(true), set(["name"], name))}
          help={t.nameHelp}
          error={wrong("/name")}
        />
        <TextField
          label={t.description}
          lines={3}
          value={draft.description ?? ""}
          onChange={(text) => set(["description"], text || undefined)}
          error={wrong("/description")}
        />
        <Kind />
      </div>
      <div className="card stack">
        <Icon />
        <Colour />
      </div>
    </div>
  );
}

function Kind() {
  const t = useTexts().integrations;
  const { draft, set } = useBuilder();
  return (
    <RadioGroup className="field" value={draft.integrationType} onChange={(kind) => set(["integrationType"], kind)}>
      <Label>{t.type}</Label>
      {(["rest_api", "graphql", "webhook"] as const).map((kind) => (
        <Radio key={kind} value={kind} className="choice-card">
          <strong>{t.types[kind].title}</strong>
          <span className="quiet-text">{t.types[kind].help}</span>
        </Radio>
      ))}
    </RadioGroup>
  );
}

function Icon() {
  const t = useTexts().integrations;
  const { draft, set } = useBuilder();
  return (
    <>
      <RadioGroup className="field" orientation="horizontal" value={draft.icon ?? ""} onChange={(icon) => set(["icon"], icon)}>
        <Label>{t.icon}</Label>
        <div className="swatches">
          {ICONS.map((icon, at) => (
            <Radio key={icon} value={icon} className="swatch" aria-label={t.icons[at]}>
              {icon}
            </Radio>
          ))}
        </div>
        <Text slot="description">{t.iconHelp}</Text>
      </RadioGroup>
      <TextField label={t.ownIcon} value={draft.icon ?? ""} onChange={(icon) => set(["icon"], icon || undefined)} />
    </>
  );
}

function Colour() {
  const t = useTexts().integrations;
  const { draft, set } = useBuilder();
  const own = draft.color ?? "";
  return (
    <RadioGroup className="field" orientation="horizontal" value={own} onChange={(color) => set(["color"], color)}>
      <Label>{t.color}</Label>
      <div className="swatches">
        {COLOURS.map((color, at) => (
          <Radio key={color} value={color} className="swatch" aria-label={t.colours[at]} style={{ background: color }} />
        ))}
        <label className="own-colour">
          <span className="visually-hidden">{t.ownColour}</span>
          <input
            type="color"
            value={/^#[0-9a-f]{6}$/i.test(own) ? own : "#5f6b7a"}
            onChange={(event) => set(["color"], event.target.value)}
          />
        </label>
      </div>
    </RadioGroup>
  );
}
