/** Who is signed in. The credential itself is in a cookie that scripts cannot read. */
import { Watched } from "./watched";

export interface Tenant {
  id: string;
  name: string;
  role: string;
}

export interface Who {
  id: string;
  name: string;
  tenant: string;
  scopes: string[];
  csrf: string;
  kind: "key" | "account";
  /** The time at which one has to sign in again. */
  until: string;
  /** Seconds until the access token wants to be renewed; null for a key. */
  renew_in: number | null;
  tenants: Tenant[];
}

const who = new Watched<Who | null | undefined>(undefined);
let csrf = "";

export const session = {
  /** undefined: not known yet; null: nobody. */
  who,
  /** How one can sign in on this server. */
  ways: new Watched<readonly string[]>(["key"]),
  get csrf(): string {
    return csrf;
  },
  /** The token alone, of a session that is yet to be renewed. */
  set csrf(token: string) {
    csrf = token;
  },
  began(found: Who) {
    csrf = found.csrf;
    who.set(found);
  },
  ended() {
    if (who.get()) who.set(null);
  },
  /** Gets new tokens; false where the session is over. The frame says how. */
  renew: async (): Promise<boolean> => false,
  /** Looks who is signed in by now, as in another tab; whether that is still the same one. */
  reload: async (): Promise<boolean> => false,
};

/** Whether scopes grant another: equal, `*`, or higher on read < write < delete < admin, as the server has it. */
export function grants(held: readonly string[], needed: string): boolean {
  const ladder = ["read", "write", "delete", "admin"];
  const at = needed.lastIndexOf(":");
  const resource = needed.slice(0, at);
  const level = ladder.indexOf(needed.slice(at + 1));
  const higher = level < 0 ? [] : ladder.slice(level).map((step) => `${resource}:${step}`);
  return [needed, "*", `${resource}:*`, ...higher].some((scope) => held.includes(scope));
}
