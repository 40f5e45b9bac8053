/** Staying at the end of what grows, until somebody looks further up. */
import { useCallback, useEffect, useState } from "react";

const NEAR = 24; // pixels from the end that still are its end

export interface End {
  /** Whether the view stays at the end. */
  following: boolean;
  grows: boolean;
  /** No longer: somebody goes elsewhere. */
  leave: () => void;
  back: () => void;
}

export function useEnd(scroller: HTMLElement | null, grows: boolean): End {
  const [stays, setStays] = useState(true);
  useEffect(() => {
    if (!scroller) return;
    let before = scroller.scrollTop;
    const look = () => {
      const now = scroller.scrollTop;
      if (now >= scroller.scrollHeight - scroller.clientHeight - NEAR) setStays(true);
      else if (now < before) setStays(false);
      before = now;
    };
    scroller.addEventListener("scroll", look, { passive: true });
    return () => scroller.removeEventListener("scroll", look);
  }, [scroller]);
  const leave = useCallback(() => setStays(false), []);
  const back = useCallback(() => {
    setStays(true);
    if (!scroller) return;
    scroller.scrollTop = scroller.scrollHeight;
    scroller.focus();
  }, [scroller]);
  return { following: stays && grows, grows, leave, back };
}
