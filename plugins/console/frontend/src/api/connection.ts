/** Whether the server answers. While it does not, the page asks by itself until it does. */
import { Watched } from "./watched";

const EVERY = 1500;
const alive = new Watched(true);
let asking = false;

async function ask(): Promise<void> {
  asking = true;
  while (!(await connection.probe())) await new Promise((done) => setTimeout(done, EVERY));
  asking = false;
  alive.set(true);
}

export const connection = {
  alive,
  /** Whether the server is there; the frame says how to find out. */
  probe: async (): Promise<boolean> => false,
  lost() {
    alive.set(false);
    if (!asking) void ask();
  },
  found() {
    alive.set(true);
  },
};
