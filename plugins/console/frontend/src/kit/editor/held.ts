/** Where somebody was already typing when the editor came for the plain field: the editor goes on there. */
export const held = { by: "", at: 0 };

export function hold(by: string, at: number): void {
  held.by = by;
  held.at = at;
}
