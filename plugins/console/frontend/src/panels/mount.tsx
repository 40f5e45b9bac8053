/** How a panel that is drawn by a module gets onto the page: the same contract for ours and for everybody's. */
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode, type ComponentType, type ReactNode } from "react";
import { I18nProvider } from "react-aria-components";
import { createRoot } from "react-dom/client";
import { ContextProvider, type PanelContext } from "../api/context";
import { queries } from "../api/queries";
import { useWatched } from "../api/watched";
import { language } from "../texts";

/** What is around everything that is drawn: one store of answers, one language. */
export const Surroundings = ({ children }: { children: ReactNode }) => (
  <I18nProvider locale={useWatched(language)}>
    <QueryClientProvider client={queries}>{children}</QueryClientProvider>
  </I18nProvider>
);

/** `export const mount = mounted(Endpoints)` is all that a module of ours exports. Its answer takes it away again. */
export const mounted = (Content: ComponentType) => (element: HTMLElement, context: PanelContext): (() => void) => {
  const tree = createRoot(element, { onUncaughtError: (error) => context.failed(error) });
  tree.render(
    <StrictMode>
      <ContextProvider value={context}>
        <Surroundings>
          <Content />
        </Surroundings>
      </ContextProvider>
    </StrictMode>,
  );
  return () => tree.unmount();
};
