import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useTexts } from "../texts";
import { Button } from "./Button";

interface Props {
  title: string;
  open: boolean;
  onClose: () => void;
  children: ReactNode;
  /** For what has columns. */
  wide?: boolean;
  /** It stays until it is answered: neither Escape nor a click beside it closes it. */
  stays?: boolean;
  role?: "dialog" | "alertdialog";
}

export function Dialog({ title, open, onClose, children, wide, stays, role }: Props) {
  const t = useTexts().kit;
  return (
    <ModalOverlay className="veil" isOpen={open} onOpenChange={(isOpen) => isOpen || onClose()} isDismissable={!stays} isKeyboardDismissDisabled={stays}>
      <Modal className={wide ? "modal wide" : "modal"}>
        <AriaDialog className="dialog" role={role}>
          <header className="dialog-head">
            <Heading slot="title">{title}</Heading>
            {!stays && (
              <Button kind="quiet" className="icon" aria-label={t.close} onPress={onClose}>
                <span aria-hidden="true">✕</span>
              </Button>
            )}
          </header>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
