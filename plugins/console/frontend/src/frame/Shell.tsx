import { useEffect, useState } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { connection } from "../api/connection";
import { session } from "../api/session";
import { useWatched } from "../api/watched";
import { Button } from "../kit/Button";
import { Confirmations } from "../kit/Confirm";
import { Dialog as Window } from "../kit/Dialog";
import { Failure } from "../kit/Notice";
import { Toasts } from "../kit/Toasts";
import { useTexts } from "../texts";
import { Account } from "./Account";
import { Help } from "./Help";
import { Icon } from "./Icon";
import { useKeys } from "./keys";
import { usePlace } from "./location";
import { Navigation } from "./Navigation";
import { usePanels } from "./panels";
import { Place } from "./Place";
import { Search } from "./Search";
import { SignInForm } from "./SignIn";

export function Shell({ onLeft }: { onLeft: () => void }) {
  const t = useTexts().frame;
  const panels = usePanels();
  const [open, setOpen] = useState<"" | "search" | "help" | "menu">("");
  const here = usePlace();
  const close = () => setOpen("");
  useKeys(setOpen);
  useEffect(close, [here.panel, here.path]);
  const skip = () => (document.querySelector<HTMLElement>("main h1") ?? document.querySelector<HTMLElement>("main"))?.focus();
  return (
    <div className="shell">
      <button type="button" className="skip" onClick={skip}>
        {t.skip}
      </button>
      <header className="top">
        <Button kind="quiet" className="icon menu-button" aria-label={t.menu} onPress={() => setOpen("menu")}>
          <Icon name="menu" />
        </Button>
        <a className="brand" href="#/">
          {t.title}
        </a>
        <Button className="search-button" aria-label={t.search} onPress={() => setOpen("search")}>
          <Icon name="search" />
          <span>{t.search}</span>
          <kbd aria-hidden="true">/</kbd>
        </Button>
        <Account onLeft={onLeft} />
      </header>
      <Banner />
      <aside className="side">
        <Navigation panels={panels.data ?? []} />
      </aside>
      <main className="content" tabIndex={-1}>
        {panels.error ? <Failure error={panels.error} retry={() => void panels.refetch()} /> : null}
        {panels.data && <Place panels={panels.data} place={here} />}
        {panels.isPending && <p role="status">{t.loading}</p>}
      </main>
      <Drawer open={open === "menu"} onClose={close}>
        <Navigation panels={panels.data ?? []} onGo={close} />
      </Drawer>
      <Search open={open === "search"} onClose={close} panels={panels.data ?? []} />
      <Help open={open === "help"} onClose={close} />
      <Again />
      <Confirmations />
      <Toasts />
    </div>
  );
}

/** Over the page, so that what was typed in it stays. */
function Again() {
  const t = useTexts().frame;
  const who = useWatched(session.who);
  useEffect(() => {
    if (who !== null) return;
    const look = () => void session.reload().catch(() => false); // somebody may have signed in in another tab
    addEventListener("focus", look);
    return () => removeEventListener("focus", look);
  }, [who]);
  return (
    <Window title={t.signInAgain} open={who === null} onClose={() => undefined} stays>
      <p>{t.signInAgainText}</p>
      <SignInForm />
    </Window>
  );
}

function Banner() {
  const t = useTexts().frame;
  const alive = useWatched(connection.alive);
  return (
    <div role="status" className="banner-place">
      {!alive && <p className="banner">{t.lost}</p>}
    </div>
  );
}

function Drawer({ open, onClose, children }: { open: boolean; onClose: () => void; children: React.ReactNode }) {
  const t = useTexts();
  return (
    <ModalOverlay className="veil drawer-veil" isOpen={open} onOpenChange={(isOpen) => isOpen || onClose()} isDismissable>
      <Modal className="drawer">
        <Dialog className="dialog">
          <header className="dialog-head">
            <Heading slot="title">{t.frame.menu}</Heading>
            <Button kind="quiet" className="icon" aria-label={t.kit.close} onPress={onClose}>
              <span aria-hidden="true">✕</span>
            </Button>
          </header>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
