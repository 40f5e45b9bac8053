/** Values over time, drawn; and the same values as a table for whoever cannot see the drawing. */
import { useEffect, useRef, useState } from "react";
import { language as spoken, useTexts } from "../texts";
import { useWatched } from "../api/watched";
import { draw, written, type Series, type Unit } from "./plot/chart";
import { useLook } from "./plot/look";
import "uplot/dist/uPlot.min.css";
import "./plot/plot.css";

export type { Series } from "./plot/chart";

interface Props {
  label: string;
  /** Unix seconds, ascending. */
  x: readonly number[];
  series: readonly Series[];
  unit: Unit;
  /** The first and the last second that are shown. */
  range?: readonly [number, number];
  height?: number;
}

const TOLD = 50;

export function Plot({ label, x, series, unit, range, height = 180 }: Props) {
  const t = useTexts().viewers;
  const language = useWatched(spoken);
  const look = useLook();
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);

  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    watcher.observe(place.current!);
    return () => watcher.disconnect();
  }, []);

  useEffect(() => {
    if (!width || !x.length) return;
    // where it cannot be fetched, the table still tells it
    const drawn = draw(place.current!, { x, series, unit, range, width, height, language }).catch(() => null);
    return () => void drawn.then((one) => one?.destroy());
  }, [x, series, unit, range, width, height, language, look]);

  return (
    <figure className="plot" aria-label={label}>
      <figcaption>{label}</figcaption>
      {!x.length && <p className="quiet-text">{t.noData}</p>}
      <div ref={place} aria-hidden="true" style={{ minHeight: x.length ? height : 0 }} />
      <Told label={label} x={x} series={series} unit={unit} language={language} />
    </figure>
  );
}

function Told({ label, x, series, unit, language }: Omit<Props, "height" | "range"> & { language: string }) {
  const t = useTexts().viewers;
  const first = Math.max(x.length - TOLD, 0);
  return (
    <div className="visually-hidden">
      <table>
        <caption>
          {label} {first > 0 && t.lastOf(TOLD, x.length)}
        </caption>
        <thead>
          <tr>
            <th scope="col">{t.time}</th>
            {series.map((one) => (
              <th key={one.label} scope="col">
                {one.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {x.slice(first).map((at, row) => (
            <tr key={at}>
              <th scope="row">{new Date(at * 1000).toLocaleString(language)}</th>
              {series.map((one) => (
                <td key={one.label}>{written(one.values[first + row], unit, language)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
