import { COLOURS, titleOf } from "./model";

const COLOUR = /^#[0-9a-f]{6}$/i;

/** An integration's icon on its colour, or its first letter. */
export function Mark({ of, large }: { of: { name: string; displayName?: string; icon?: string; color?: string }; large?: boolean }) {
  const background = COLOUR.test(of.color ?? "") ? of.color : COLOURS.at(-1);
  return (
    <span className={large ? "mark large" : "mark"} style={{ background }} aria-hidden="true">
      {[...(of.icon ?? "")].slice(0, 2).join("") || [...titleOf(of)][0]?.toUpperCase() || "?"}
    </span>
  );
}
