/** What can be done with a list of fields, by functions that stay the same while it changes. */
import { useCallback } from "react";
import type { FieldMapping } from "./model";
import { moved, without } from "./places";

interface Holder {
  fieldMappings?: FieldMapping[];
}

export function useFieldActs(change: (make: <T extends Holder>(before: T) => T) => void) {
  const set = useCallback(
    (make: (fields: FieldMapping[]) => FieldMapping[]) => change((before) => ({ ...before, fieldMappings: make(before.fieldMappings ?? []) })),
    [change],
  );
  return {
    set,
    onChange: useCallback((at: number, field: FieldMapping) => set((all) => all.map((one, index) => (index === at ? field : one))), [set]),
    onMove: useCallback((at: number, to: number) => set((all) => (to < 0 || to >= all.length ? all : moved(all, at, to))), [set]),
    onRemove: useCallback((at: number) => set((all) => without(all, at)), [set]),
  };
}
