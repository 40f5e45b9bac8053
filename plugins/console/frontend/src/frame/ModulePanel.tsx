/** A panel that an ES module draws. One that fails is told with the name of its plugin; the page goes on. */
import { useEffect, useRef, useState } from "react";
import { root } from "../api/client";
import type { PanelContext } from "../api/context";
import { contextOf } from "./context";
import { Broken } from "./Broken";
import type { Panel } from "./panels";

type Mount = (element: HTMLElement, context: PanelContext) => void | (() => void);

async function mountOf(src: string): Promise<Mount> {
  const address = new URL(root + src, location.href);
  if (address.origin !== location.origin) throw new Error(`a module of another origin: ${address.origin}`);
  const found = (await import(/* @vite-ignore */ address.href)) as { mount?: Mount };
  if (typeof found.mount !== "function") throw new Error(`${src} exports no function "mount"`);
  return found.mount;
}

export function ModulePanel({ panel, src }: { panel: Panel; src: string }) {
  const place = useRef<HTMLDivElement>(null);
  const [error, setError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const element = document.createElement("div");
    let away: void | (() => void);
    let gone = false;
    place.current!.append(element);
    mountOf(src)
      .then((mount) => {
        if (!gone) away = mount(element, contextOf(panel.name, setError));
      })
      .catch((failure: unknown) => gone || setError(failure ?? new Error("it failed")));
    return () => {
      gone = true;
      // React refuses to take a tree away while it draws another
      queueMicrotask(() => {
        try {
          away?.();
        } catch (failure) {
          console.warn(`panel ${panel.name} could not be taken away`, failure);
        }
        element.remove();
      });
    };
  }, [panel.name, src, attempt]);
  const again = () => {
    setError(null);
    setAttempt(attempt + 1);
  };
  return (
    <>
      {error !== null && <Broken plugin={panel.plugin} title={panel.title} error={error} retry={again} />}
      <div ref={place} hidden={error !== null} />
    </>
  );
}
