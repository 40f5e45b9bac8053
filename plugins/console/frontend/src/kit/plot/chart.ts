/** uPlot, fetched when a page first draws something, in the colours that the page has now. */
import type uPlot from "uplot";

export type Unit = "ms" | "s" | "count";
export type Tone = "accent" | "good" | "bad" | "busy" | "quiet";

export interface Series {
  label: string;
  values: readonly (number | null)[];
  tone: Tone;
}

export interface Drawing {
  x: readonly number[];
  series: readonly Series[];
  unit: Unit;
  /** The first and the last second that are shown; those of `x` otherwise. */
  range?: readonly [number, number];
  width: number;
  height: number;
  language: string;
}

const TOKENS: Record<Tone, string> = { accent: "--accent", good: "--good", bad: "--bad", busy: "--busy", quiet: "--text-quiet" };

/** A token as a colour that a canvas understands: the browser resolves light-dark() and what else is in it. */
function colour(element: HTMLElement, token: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  element.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

export function written(value: number | null | undefined, unit: Unit, language: string): string {
  if (value === null || value === undefined) return "–";
  const digits = Math.abs(value) >= 100 || unit === "count" ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const number = value.toLocaleString(language, { maximumFractionDigits: digits });
  return unit === "count" ? number : `${number} ${unit}`;
}

/** A single moment has a minute around it: of nothing a scale cannot be made. */
function shownRange(x: readonly number[], range: Drawing["range"]): [number, number] {
  const [from, to] = range ?? [x[0] ?? 0, x.at(-1) ?? 0];
  return from < to ? [from, to] : [from - 60, to + 60];
}

function options(Drawn: typeof uPlot, element: HTMLElement, { x, series, unit, range, width, height, language }: Drawing): uPlot.Options {
  const [text, line] = [colour(element, "--text-quiet"), colour(element, "--line")];
  const font = `12px ${getComputedStyle(element).fontFamily}`;
  const axis = { stroke: text, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  const day = (seconds: number) => new Date(seconds * 1000).toLocaleString(language, { dateStyle: "short", timeStyle: "medium" });
  return {
    width,
    height,
    legend: { live: true },
    cursor: { y: false, points: { size: 6 } },
    scales: { x: { range: () => shownRange(x, range) }, y: { range: { min: { pad: 0, hard: 0, soft: 0, mode: 1 }, max: { pad: 0.1, soft: 1, mode: 2 } } } },
    axes: [axis, { ...axis, size: 64, values: (_: uPlot, splits: number[]) => splits.map((value) => written(value, unit, language)) }],
    series: [
      { value: (_: uPlot, at: number | null) => (at === null ? "–" : day(at)) },
      ...series.map((one) => ({
        label: one.label,
        stroke: colour(element, TOKENS[one.tone]),
        width: 1.5,
        paths: unit === "count" ? Drawn.paths.bars!({ size: [0.7, 24] }) : undefined,
        fill: unit === "count" ? colour(element, TOKENS[one.tone]) : undefined,
        points: { size: 5, fill: colour(element, TOKENS[one.tone]) },
        value: (_: uPlot, value: number | null) => written(value, unit, language),
      })),
    ],
  };
}

export async function draw(element: HTMLElement, drawing: Drawing): Promise<uPlot> {
  const { default: Drawn } = await import("uplot");
  const data = [drawing.x, ...drawing.series.map((one) => one.values)] as uPlot.AlignedData;
  return new Drawn(options(Drawn, element, drawing), data, element);
}
