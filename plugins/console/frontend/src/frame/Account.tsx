/** Who is signed in, where, and how the page looks. */
import { DialogTrigger, Popover, Dialog } from "react-aria-components";
import { queries } from "../api/queries";
import { problemFrom } from "../api/problem";
import { session, type Who } from "../api/session";
import { signOut, switchTenant } from "../api/signing";
import { useWatched } from "../api/watched";
import { Button } from "../kit/Button";
import { Select } from "../kit/Fields";
import { notify } from "../kit/Toasts";
import { language, LANGUAGES, speak, useTexts } from "../texts";
import { Icon } from "./Icon";
import { choose, theme, THEMES } from "./theme";

function TenantChoice({ who }: { who: Who }) {
  const t = useTexts().frame;
  const tenants = who.tenants;
  if (tenants.length < 2) return null;
  const change = async (id: string) => {
    if (id === who.tenant) return;
    try {
      await switchTenant(id);
      await queries.resetQueries();
      notify(t.switchedTenant(tenants.find((one) => one.id === id)?.name ?? id), "good");
    } catch (error) {
      notify(problemFrom(error).detail, "bad");
    }
  };
  const options = tenants.map((one) => ({ value: one.id, label: one.name || one.id, help: one.role }));
  return <Select label={t.tenant} value={who.tenant} onChange={(id) => void change(id)} options={options} />;
}

export function Account({ onLeft }: { onLeft: () => void }) {
  const t = useTexts().frame;
  const who = useWatched(session.who);
  const chosen = useWatched(theme);
  const spoken = useWatched(language);
  if (!who) return null;
  const tenant = who.tenants.find((one) => one.id === who.tenant)?.name || who.tenant;
  const leave = async () => {
    try {
      await signOut();
      onLeft();
    } catch (error) {
      notify(problemFrom(error).detail, "bad");
    }
  };
  return (
    <DialogTrigger>
      <Button kind="quiet">
        <Icon name="person" />
        <span className="visually-hidden">{`${t.settings}: `}</span>
        <span className="account-name">{who.name}</span>{" "}
        <span className="account-tenant">{tenant}</span>
      </Button>
      <Popover className="popover" placement="bottom end">
        <Dialog className="dialog account" aria-label={t.settings}>
          <p>
            {t.signedInAs(who.name)}
            <br />
            <span className="quiet-text">
              {t.tenant}: {tenant}
            </span>
          </p>
          <TenantChoice who={who} />
          <Select label={t.theme} value={chosen} onChange={choose} options={THEMES.map((value) => ({ value, label: t.themes[value]! }))} />
          <Select
            label={t.language}
            value={spoken}
            onChange={speak}
            options={Object.entries(LANGUAGES).map(([value, { name }]) => ({ value, label: name }))}
          />
          <Button onPress={() => void leave()}>{t.signOut}</Button>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
