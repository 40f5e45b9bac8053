/** The request that is pretended while one writes, and that the curl line makes. */
import { keepDraft, useDraft } from "../../kit/draft";
import { namesIn, type Pair } from "./model";

export interface Sample {
  method: string;
  path: Record<string, string>;
  query: Pair[];
  body: string;
}

export interface Sampled {
  sample: Sample;
  setSample: (part: Partial<Sample>) => void;
  /** It goes along with an endpoint that was new and now has an id. */
  moveTo: (id: string) => void;
  forget: () => void;
}

const NONE: Sample = { method: "GET", path: {}, query: [], body: "" };
const keyOf = (id: string): string => `endpoint.${id}.sample`;

export function useSample(id: string, path: string, methods: readonly string[]): Sampled {
  const [given, set, { forget }] = useDraft<Sample>(keyOf(id), NONE);
  const named = Object.fromEntries(namesIn(path).map((name) => [name, given.path[name] ?? ""]));
  const method = methods.includes(given.method) ? given.method : (methods[0] ?? "GET");
  return {
    sample: { ...given, method, path: named },
    setSample: (part) => set({ ...given, ...part }),
    forget,
    moveTo: (to) => (keepDraft(keyOf(to), given), forget()),
  };
}
