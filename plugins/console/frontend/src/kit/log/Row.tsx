/** One line of a log: text in spans, never markup. */
import { memo, type CSSProperties, type ReactNode } from "react";
import { useTexts } from "../../texts";
import { spansOf, textOf, type Colour, type Span, type Style } from "./ansi";
import { patternOf } from "./finding";

/** Characters of a line that are shown at first. */
const SHORT = 2_000;

export interface RowProps {
  line: string;
  style: Style;
  number: number;
  words: string;
  current: boolean;
  whole: boolean;
  onWhole: (line: number) => void;
}

export const Row = memo(function Row({ line, style, number, words, current, whole, onWhole }: RowProps) {
  const t = useTexts().log;
  const length = textOf(line).length;
  const cut = !whole && length > SHORT + 200;
  const spans = marked(cut ? shortened(spansOf(line, style)) : spansOf(line, style), words);
  return (
    <div className={current ? "log-line current" : "log-line"} data-number={number + 1}>
      <span className="log-text">
        {spans}
        {!length && "\u200b"}
        {cut && (
          <button type="button" className="link-button" onClick={() => onWhole(number)}>
            {t.showAll(length)}
          </button>
        )}
      </span>
    </div>
  );
});

function shortened(spans: Span[]): Span[] {
  let left = SHORT;
  return spans.flatMap((span) => {
    const text = span.text.slice(0, left);
    left -= text.length;
    return text ? [{ ...span, text }] : [];
  });
}

/** The spans, cut where the words that are looked for begin and end. */
function marked(spans: readonly Span[], words: string): ReactNode[] {
  const pattern = patternOf(words);
  if (!pattern) return spans.map((span, at) => <Drawn key={at} span={span} />);
  const whole = spans.map((span) => span.text).join("");
  const places = Array.from(whole.matchAll(pattern), (match) => [match.index, match.index + match[0].length] as const);
  const drawn: ReactNode[] = [];
  let start = 0;
  for (const span of spans) {
    for (const [from, to, found] of pieces(places, start, start + span.text.length)) {
      const one = <Drawn key={from} span={{ ...span, text: whole.slice(from, to) }} />;
      drawn.push(found ? <mark key={`m${from}`}>{one}</mark> : one);
    }
    start += span.text.length;
  }
  return drawn;
}

function* pieces(places: readonly (readonly [number, number])[], start: number, end: number): Generator<[number, number, boolean]> {
  let at = start;
  for (const [from, to] of places) {
    if (to <= at || from >= end) continue;
    if (from > at) yield [at, from, false];
    yield [Math.max(from, at), Math.min(to, end), true];
    at = Math.min(to, end);
  }
  if (at < end) yield [at, end, false];
}

function Drawn({ span: { text, style } }: { span: Span }) {
  const { fg, bg } = style.reverse ? { fg: style.bg, bg: style.fg } : style;
  const classes = [fg !== null && (typeof fg === "number" ? `f${fg}` : "f"), bg !== null && "on", typeof bg === "number" && `b${bg}`];
  if (style.reverse && bg === null) classes.push("inverse");
  for (const name of ["bold", "dim", "italic", "underline", "strike"] as const) if (style[name]) classes.push(name);
  const className = classes.filter(Boolean).join(" ");
  if (!className) return text;
  const own = { ...ownColour("--f", fg), ...ownColour("--b", bg) } as CSSProperties;
  return (
    <span className={className} style={own}>
      {text}
    </span>
  );
}

const ownColour = (name: string, colour: Colour) => (typeof colour === "string" ? { [name]: `rgb(${colour})` } : {});
