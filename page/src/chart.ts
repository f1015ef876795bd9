// SPDX-License-Identifier: MIT
// Lines over time or rounds, in the colours of the page, with a table of the same figures for who cannot see them.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { h } from "./dom";
import { moment } from "./format";

/** Steps between rounds that an axis names. */
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

export interface Line {
  label: string;
  values: (number | null)[];
}

/** A chart as wide as its place. `times`: whether x is unix seconds; else it is the number of a round. */
export function chart(title: string, x: number[], lines: Line[], times: boolean, show: (value: number) => string): HTMLElement {
  const place = h("div", { class: "chart", role: "img", "aria-label": `${title}: ${spoken(x, lines, show)}` });
  const figure = h("figure", null, h("figcaption", null, title), place);
  let plot: uPlot | undefined;
  const draw = (): void => {
    plot?.destroy();
    // What a variable means in this scheme, which only a property of an element tells.
    const colour = (name: string): string => {
      place.style.color = `var(${name})`;
      const found = getComputedStyle(place).color;
      place.style.color = "";
      return found;
    };
    const axis = { stroke: colour("--text"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
    plot = new uPlot(
      {
        width: Math.max(240, place.clientWidth),
        height: 240,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        scales: { x: { time: times } },
        series: [
          { label: times ? "time, UTC" : "round", value: (_: uPlot, value: number | null) => (value === null ? "" : times ? moment(value) : String(value)) },
          ...lines.map((line, index) => ({
            label: line.label,
            stroke: colour(`--series-${index + 1}`),
            width: 2,
            dash: index > 1 ? [6, 3] : undefined,
            value: (_: uPlot, value: number | null) => (value === null ? "" : show(value)),
          })),
        ],
        axes: [times ? { ...axis, space: 90, values: (_: uPlot, splits: number[], _axis: number, _space: number, step: number) => splits.map((each) => timeOf(each, step)) } : { ...axis, incrs: WHOLE }, { ...axis, size: 76, values: (_: uPlot, splits: number[]) => splits.map(show) }],
      },
      [x, ...lines.map((line) => line.values)],
      place,
    );
  };
  const watcher = new ResizeObserver(() => {
    if (!place.isConnected) {
      watcher.disconnect();
      plot?.destroy();
    } else if (plot?.width !== Math.max(240, place.clientWidth)) draw();
  });
  watcher.observe(place);
  return figure;
}

/** A moment on an axis whose next one is so many seconds later. */
export function timeOf(seconds: number, step: number): string {
  const [day = "", time = ""] = moment(seconds).split(" ");
  if (step >= 86_400) return day;
  return time === "00:00" ? day : time;
}

function spoken(x: number[], lines: Line[], show: (value: number) => string): string {
  const ends = lines.map((line) => {
    const known = line.values.filter((value) => value !== null);
    return known.length ? `${line.label} from ${show(known[0]!)} to ${show(known.at(-1)!)}` : `${line.label} without a value`;
  });
  return `${x.length} points; ${ends.join("; ")}.`;
}
