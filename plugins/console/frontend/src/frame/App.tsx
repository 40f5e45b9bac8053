import { useEffect, useRef, useState } from "react";
import { session } from "../api/session";
import { loadSession } from "../api/signing";
import { useWatched } from "../api/watched";
import { queries } from "../api/queries";
import { Failure } from "../kit/Notice";
import { language, useTexts } from "../texts";
import { Shell } from "./Shell";
import { SignInPage } from "./SignIn";

/** Nobody: sign in. Somebody, or somebody whose session ended: the page, and in the latter case a dialog over it. */
export function App() {
  const t = useTexts().frame;
  const who = useWatched(session.who);
  const spoken = useWatched(language);
  const [here, setHere] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const last = useRef("");
  const load = () => {
    setError(null);
    loadSession().catch(setError);
  };
  useEffect(load, []);
  useEffect(() => {
    document.documentElement.lang = spoken;
  }, [spoken]);
  useEffect(() => {
    if (!who) return;
    const now = `${who.id} ${who.tenant}`;
    if (last.current && last.current !== now) void queries.resetQueries();
    else if (last.current) void queries.invalidateQueries();
    last.current = now;
    setHere(true);
  }, [who]);
  const left = () => {
    last.current = "";
    setHere(false);
    queries.clear();
  };
  if (error) return <main className="sign-in"><Failure error={error} retry={load} /></main>;
  if (who || here) return <Shell onLeft={left} />;
  if (who === null) return <SignInPage />;
  return <p role="status" className="sign-in">{t.loading}</p>;
}
