// A chart with its legend, and its numbers as a table for those who cannot see it.

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { time } from "./format.js";
import type { Theme } from "./theme.js";

export interface Line {
  name: string;
  values: (number | null)[];
  /** Which of the colours of the style sheet. */
  colour: 1 | 2 | 3 | 4 | 5;
}

interface ChartProps {
  title: string;
  times: number[];
  lines: Line[];
  show: (value: number | null | undefined) => string;
  scale?: "linear" | "logarithmic";
  /** The highest value there can be, if there is one. */
  most?: number | undefined;
  theme: Theme;
}

const HEIGHT = 170;

export function Chart({ title, times, lines, show, scale = "linear", most, theme }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [point, setPoint] = useState<number | null>(null);
  const [isTable, setIsTable] = useState(false);
  const names = lines.map((line) => line.name).join();
  const isEmpty = lines.every((line) => line.values.every((value) => value === null || value === 0));

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const options = optionsOf({ element, lines, show, scale, most, onPoint: setPoint });
    plot.current = new uPlot(options, dataOf(times, lines, scale), element);
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [theme, names, scale]);

  useEffect(() => plot.current?.setData(dataOf(times, lines, scale)), [times, lines]);

  const shown = point ?? lastKnown(lines);
  const at = times[shown];
  return (
    <figure class="chart">
      <figcaption>
        <div class="heading">
          <h3>{title}</h3>
          {at !== undefined && <span class="hint">{point === null ? "latest" : time(at * 1_000)}</span>}
        </div>
        <ul class="legend">
          {lines.map((line) => (
            <li key={line.name}>
              <span class={`swatch colour-${line.colour}`} aria-hidden="true" />
              {line.name} <b>{show(line.values[shown])}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div class="plot" ref={place} aria-hidden="true">{isEmpty && <p class="nothing">Nothing was counted yet.</p>}</div>
      <details onToggle={(event) => setIsTable(event.currentTarget.open)}>
        <summary>
          <span class="unseen">{title}: </span>numbers
        </summary>
        {isTable && <Numbers title={title} times={times} lines={lines} show={show} />}
      </details>
    </figure>
  );
}

function Numbers({ title, times, lines, show }: Pick<ChartProps, "title" | "times" | "lines" | "show">) {
  const isCounted = (point: number) => lines.some((line) => (line.values[point] ?? 0) !== 0);
  const points = times.map((_, point) => point).filter(isCounted).reverse();
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`${title}: numbers`}>
      <table>
        <thead>
          <tr>
            <th scope="col">from</th>
            {lines.map((line) => <th scope="col" key={line.name}>{line.name}</th>)}
          </tr>
        </thead>
        <tbody>
          {points.map((point) => (
            <tr key={times[point]}>
              <th scope="row">{time((times[point] ?? 0) * 1_000)}</th>
              {lines.map((line) => <td key={line.name}>{show(line.values[point])}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
      {points.length === 0 && <p class="nothing">Nothing was counted yet.</p>}
    </div>
  );
}

/** The last point at which something is known: the newest one may have no answers yet. */
function lastKnown(lines: Line[]): number {
  const last = lines.map((line) => line.values.findLastIndex((value) => value !== null));
  return Math.max(0, ...last);
}

interface Drawing extends Pick<ChartProps, "lines" | "show" | "most"> {
  element: HTMLElement;
  scale: "linear" | "logarithmic";
  onPoint: (point: number | null) => void;
}

function optionsOf({ element, lines, show, scale, most, onPoint }: Drawing): uPlot.Options {
  const [ink, grid] = [colourOf(element, "--soft"), colourOf(element, "--line")];
  const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const range = (_: uPlot, least: number, highest: number): [number, number] => {
    // Without a value there is no least and no highest one.
    const [from, to] = Number.isFinite(least) && Number.isFinite(highest) && highest > 0 ? [least, highest] : [1, 10];
    return scale === "linear" ? [0, most ?? Math.max(1, to * 1.1)] : [10 ** Math.floor(Math.log10(Math.max(from, 0.001))), Math.max(to, 0.001) * 1.6];
  };
  return {
    width: Math.max(200, element.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range, distr: scale === "linear" ? 1 : 3 } },
    axes: [
      { ...axis, values: (_, splits) => splits.map((split) => time(split * 1_000)), space: 60, size: 28 },
      { ...axis, values: (_, splits) => splits.map((split) => (split === null ? "" : show(split))), size: 58, space: 34 },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.name,
        stroke: colourOf(element, `--colour-${line.colour}`),
        width: 2,
        spanGaps: false,
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  };
}

/** A logarithm has no zero. */
function dataOf(times: number[], lines: Line[], scale: "linear" | "logarithmic"): uPlot.AlignedData {
  const values = (line: Line) => (scale === "linear" ? line.values : line.values.map((value) => (value === 0 ? null : value)));
  return [times, ...lines.map(values)];
}

/** A colour of the style sheet, as the theme has it: a canvas knows no custom properties. */
function colourOf(element: HTMLElement, name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
