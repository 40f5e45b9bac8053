/** Asking the upstream once, as the saved endpoint would, and pinning what it says. */
import { useState } from "react";
import { type Problem, problemFrom } from "../../api/problem";
import * as api from "./data";
import type { Editing } from "./editing";
import { headersOf, paramsOf } from "./model";
import type { Pinned } from "./pins";

const AS_IT_IS = "def process_data(widget_data, request, user):\n    return widget_data\n";

export interface Fetching {
  busy: boolean;
  problem: Problem | null;
  fetch: () => Promise<void>;
}

export function useFetching({ id, draft, saved }: Editing, put: Pinned["put"]): Fetching {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const fetch = async () => {
    setBusy(true);
    setProblem(null);
    const asked = { endpoint: draft.endpoint, params: paramsOf(draft.params), headers: headersOf(draft.headers) };
    try {
      const found = await api.preview({ logic: AS_IT_IS, ...asked, widget_id: saved ? id : null });
      const text = JSON.stringify(found.result, null, 2);
      put({ text, at: new Date().toISOString(), edited: false, took: found.timings.upstream });
    } catch (error) {
      setProblem(problemFrom(error));
    }
    setBusy(false);
  };
  return { busy, problem, fetch };
}
