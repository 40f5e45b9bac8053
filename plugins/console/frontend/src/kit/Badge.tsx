const TONES: Record<string, string> = {
  active: "good", completed: "good", success: "good", succeeded: "good", ok: "good", delivered: "good", healthy: "good",
  processed: "good", handled: "good", enabled: "good", true: "good",
  running: "busy", queued: "busy", pending: "busy", starting: "busy", retrying: "busy", waiting: "busy", cancelling: "busy",
  failed: "bad", failure: "bad", error: "bad", dead: "bad", quarantined: "bad", lost: "bad", refused: "bad", broken: "bad",
  cancelled: "still", inactive: "still", disabled: "still", false: "still",
};

/** A state, as a word with a colour. The word alone says it: the colour only helps. `tone` is the state to colour by. */
export const Badge = ({ state, tone = state }: { state: string; tone?: string }) => (
  <span className={`badge ${TONES[tone.toLowerCase()] ?? "plain"}`}>{state}</span>
);
