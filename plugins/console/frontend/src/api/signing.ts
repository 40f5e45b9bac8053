/** Signing in and out, and staying signed in. */
import { json, root } from "./client";
import { problemFrom } from "./problem";
import { session, type Who } from "./session";

interface State {
  who: Who | null;
  ways: string[];
  /** The CSRF token of a session whose access token is over. */
  renew?: string;
}

/** The page's own address is where its API is too, whatever the operator calls it. */
export const PREFIX = location.pathname.slice(root.length).replace(/\/$/, "") || "/console";
const SESSION = `${PREFIX}/api/session`;
let timer: ReturnType<typeof setTimeout> | undefined;

function heard(state: State): void {
  session.ways.set(state.ways);
  if (!state.who) return session.who.set(null);
  session.began(state.who);
  clearTimeout(timer);
  const wait = state.who.renew_in;
  if (wait !== null) timer = setTimeout(() => void renew(), Math.min(wait, 86_400) * 1000);
}

export async function loadSession(): Promise<void> {
  const state = await json<State>(SESSION);
  if (state.renew) session.csrf = state.renew;
  if (state.renew && (await renew())) return;
  heard(state);
}

export interface Credentials {
  key?: string;
  email?: string;
  password?: string;
}

export const signIn = async (given: Credentials): Promise<void> => heard(await json<State>(SESSION, "POST", given));

/** Data of others' servers that was kept to work with stays with nobody else. */
function forgetPins(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith("pegboard.pin.")) localStorage.removeItem(key);
}

export async function signOut(): Promise<void> {
  await json(SESSION, "DELETE");
  clearTimeout(timer);
  forgetPins();
  session.ended();
}

export const switchTenant = async (tenant: string): Promise<void> =>
  heard(await json<State>(`${SESSION}/switch`, "POST", { tenant }));

/**
 * New tokens. Refresh tokens are good once, and all tabs share one cookie: they take turns, and whoever comes second
 * finds that nothing is left to do.
 */
async function renew(): Promise<boolean> {
  return navigator.locks.request("pegboard.session", async () => {
    try {
      heard(await json<State>(`${SESSION}/renew`, "POST", {}));
      return true;
    } catch (error) {
      if (problemFrom(error).status === 401) session.ended();
      return false;
    }
  });
}

async function reload(): Promise<boolean> {
  const before = session.who.get();
  await loadSession();
  const now = session.who.get();
  return !!now && now.id === before?.id && now.tenant === before.tenant;
}

session.renew = renew;
session.reload = reload;
