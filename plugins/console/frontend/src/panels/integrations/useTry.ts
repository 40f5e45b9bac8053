/** Trying an endpoint of the draft, page by page. */
import { useState } from "react";
import { type Problem, problemFrom } from "../../api/problem";
import { useBuilder } from "./draft";
import * as api from "./data";
import { useSample } from "./sample";

interface State {
  running: boolean;
  pages: api.TestResult[];
  after: string | null;
  problem: Problem | null;
}

const NOTHING: State = { running: false, pages: [], after: null, problem: null };

export function useTry(endpointId: string) {
  const { id, draftOf } = useBuilder();
  const [state, setState] = useState<State>(NOTHING);
  const [sample, setSample] = useSample(id, endpointId);

  const step = async (config: api.TestConfig, before: State): Promise<boolean> => {
    setState({ ...before, running: true, problem: null });
    try {
      const { result, after } = await api.test(draftOf, endpointId, config, before.after ?? "");
      setState({ running: false, pages: [...before.pages, result], after, problem: null });
      const body = result.response?.body;
      if (result.success && !sample && typeof body === "object") setSample({ body, at: new Date().toISOString() });
      return result.success;
    } catch (error) {
      setState({ ...before, running: false, problem: problemFrom(error) });
      return false;
    }
  };
  return {
    ...state,
    first: (config: api.TestConfig) => step(config, NOTHING),
    next: (config: api.TestConfig) => step(config, state),
  };
}
