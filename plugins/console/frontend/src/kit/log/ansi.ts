/** Colours of terminals (ECMA-48, SGR), as spans of text. Whatever else a program sends to a terminal is left out. */

/** 0 to 15 are the terminal's own colours; others are "r g b". */
export type Colour = number | string | null;

export interface Style {
  fg: Colour;
  bg: Colour;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  strike: boolean;
  reverse: boolean;
}

export interface Span {
  text: string;
  style: Style;
}

export const PLAIN: Style = { fg: null, bg: null, bold: false, dim: false, italic: false, underline: false, strike: false, reverse: false };

const ESCAPE = "\x1b";
const SGR = /\x1b\[([\d;:]*)m/g;
// OSC and its kin up to their end, then CSI that is no SGR, then two-character sequences
const OTHERS = /\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b\[(?![\d;:]*m)[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]?|\x1b(?!\[[\d;:]*m)[\x20-\x2f]*[\x30-\x7e]?/g;
const CONTROL = /[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/;
const CONTROLS = /[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g;
const RETURNS = /\r+$/;

/** A line as a terminal would show it: what was written over is gone, and only colours are left of the sequences. */
export function tidied(line: string): string {
  let found = line;
  if (found.includes("\r")) {
    found = found.replace(RETURNS, "");
    found = found.slice(found.lastIndexOf("\r") + 1);
  }
  if (found.includes(ESCAPE)) found = found.replace(OTHERS, "");
  return CONTROL.test(found) ? found.replace(CONTROLS, "\ufffd") : found;
}

/** The text alone. */
export const textOf = (line: string): string => (line.includes(ESCAPE) ? line.replace(SGR, "") : line);

/** The style that is in force behind a line. */
export function behind(line: string, style: Style): Style {
  const last = line.lastIndexOf(ESCAPE);
  if (last < 0) return style;
  if (line.startsWith("[0m", last + 1) || line.startsWith("[m", last + 1)) return PLAIN;
  let found = style;
  for (const match of line.matchAll(SGR)) found = changed(found, match[1]!);
  return found;
}

export function spansOf(line: string, style: Style): Span[] {
  if (!line.includes(ESCAPE)) return [{ text: line, style }];
  const spans: Span[] = [];
  let at = 0;
  let now = style;
  for (const match of line.matchAll(SGR)) {
    if (match.index > at) spans.push({ text: line.slice(at, match.index), style: now });
    now = changed(now, match[1]!);
    at = match.index + match[0].length;
  }
  if (at < line.length) spans.push({ text: line.slice(at), style: now });
  return spans;
}

const SET: Record<number, Partial<Style>> = {
  1: { bold: true }, 2: { dim: true }, 3: { italic: true }, 4: { underline: true }, 7: { reverse: true }, 9: { strike: true },
  21: { bold: false }, 22: { bold: false, dim: false }, 23: { italic: false }, 24: { underline: false }, 27: { reverse: false }, 29: { strike: false },
  39: { fg: null }, 49: { bg: null },
};

function changed(style: Style, codes: string): Style {
  const numbers = codes.split(/[;:]/).map(Number);
  let found = style;
  for (let at = 0; at < numbers.length; at++) {
    const code = numbers[at]!;
    if (code === 0) found = PLAIN;
    else if (code in SET) found = { ...found, ...SET[code] };
    else if (code === 38 || code === 48) {
      const [colour, taken] = extended(numbers.slice(at + 1));
      at += taken;
      if (colour !== null) found = { ...found, [code === 38 ? "fg" : "bg"]: colour };
    } else {
      const own = named(code);
      if (own) found = { ...found, ...own };
    }
  }
  return found;
}

function named(code: number): Partial<Style> | null {
  if (code >= 30 && code < 38) return { fg: code - 30 };
  if (code >= 40 && code < 48) return { bg: code - 40 };
  if (code >= 90 && code < 98) return { fg: code - 82 };
  if (code >= 100 && code < 108) return { bg: code - 92 };
  return null;
}

const LEVELS = [0, 95, 135, 175, 215, 255];

/** `5;n` is one of 256 colours, `2;r;g;b` any; and how many numbers that took. */
function extended([kind, ...rest]: number[]): [Colour, number] {
  if (kind === 2) return [rest.slice(0, 3).map((one) => Math.min(255, one || 0)).join(" "), 4];
  if (kind !== 5) return [null, 1];
  const code = Math.min(255, rest[0] || 0);
  if (code < 16) return [code, 2];
  if (code > 231) return [Array(3).fill(8 + 10 * (code - 232)).join(" "), 2];
  const cube = code - 16;
  return [[Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((one) => LEVELS[one]).join(" "), 2];
}
