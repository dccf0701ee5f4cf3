// A chart as SVG, by Vega without a DOM. No background, and greys and colours of middle lightness: readable on a
// white page and on a dark one.
import { type Axis, parse, type Scale, type Spec, View } from 'vega';
import type { Mark } from './data.ts';

export interface Drawing {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly xLogarithmic: boolean;
  readonly marks: readonly Mark[];
}

/** About as far from white as from the dark page of GitHub: 4.3 to 1. */
const grey = '#767d86';
const colours = ['#2f81f7', '#d9722b', '#2da44e', '#a371f7'];
const shapes = ['circle', 'square', 'diamond', 'triangle-up'];
const font = '-apple-system, "Segoe UI", Helvetica, Arial, sans-serif';
/** Values further apart than this many times want a logarithmic axis. */
const linearSpanMax = 25;
/** Room above and below on a logarithmic axis, as a factor. */
const logarithmicMargin = 1.4;

/** Whether an axis must be logarithmic for the smallest value to be seen. */
export function wantsLogarithm(values: readonly number[]): boolean {
  const least = Math.min(...values);
  return least > 0 && Math.max(...values) / least > linearSpanMax;
}

function scalesOf({ marks, xLogarithmic }: Drawing, who: readonly string[]): Scale[] {
  const x = { name: 'x', domain: { data: 'marks', field: 'x' }, range: 'width', padding: 12 } as const;
  const y = { name: 'y', range: 'height' } as const;
  const heights = marks.map((mark) => mark.y);
  const around = [Math.min(...heights) / logarithmicMargin, Math.max(...heights) * logarithmicMargin];
  return [
    xLogarithmic ? { ...x, type: 'log' } : { ...x, type: 'linear', zero: false },
    wantsLogarithm(heights)
      ? { ...y, type: 'log', domain: around }
      : { ...y, type: 'linear', domain: { data: 'marks', field: 'y' }, zero: true, nice: true },
    { name: 'colour', type: 'ordinal', domain: [...who], range: colours },
    { name: 'shape', type: 'ordinal', domain: [...who], range: shapes },
  ];
}

function axesOf({ marks, xTitle, yTitle }: Drawing): Axis[] {
  const look = {
    labelColor: grey,
    titleColor: grey,
    domainColor: grey,
    tickColor: grey,
    gridColor: grey,
    gridOpacity: 0.25,
    labelFont: font,
    titleFont: font,
    labelFontSize: 12,
    titleFontSize: 13,
    titleFontWeight: 'normal',
    titlePadding: 8,
  } as const;
  const values = [...new Set(marks.map((mark) => mark.x))];
  // A logarithmic scale names powers only; every value that was measured is to be named.
  const text = { signal: `format(datum.value, '${Math.max(...values) >= 10_000 ? '~s' : ',d'}')` };
  const encode = { labels: { update: { text } } };
  return [
    { ...look, scale: 'x', orient: 'bottom', title: xTitle, values, encode, labelOverlap: 'greedy' },
    { ...look, scale: 'y', orient: 'left', title: yTitle, grid: true, tickCount: 6, format: ',f' },
  ];
}

const place = { x: { scale: 'x', field: 'x' }, y: { scale: 'y', field: 'y' } } as const;

function specOf(drawing: Drawing): Spec {
  const who = [...new Set(drawing.marks.map((mark) => mark.who))];
  const text = { color: grey, font } as const;
  return {
    width: 620,
    height: 300,
    padding: 12,
    title: { text: drawing.title, anchor: 'start', fontSize: 15, offset: 14, ...text },
    data: [{ name: 'marks', values: [...drawing.marks] }],
    scales: scalesOf(drawing, who),
    axes: axesOf(drawing),
    legends: [
      {
        stroke: 'colour',
        fill: 'colour',
        shape: 'shape',
        orient: 'bottom',
        direction: 'horizontal',
        labelColor: grey,
        labelFont: font,
        labelFontSize: 13,
        labelLimit: 300,
        symbolSize: 80,
        columnPadding: 24,
      },
    ],
    marks: [
      {
        type: 'group',
        from: { facet: { name: 'line', data: 'marks', groupby: 'who' } },
        marks: [
          {
            type: 'line',
            from: { data: 'line' },
            encode: { enter: { ...place, stroke: { scale: 'colour', field: 'who' }, strokeWidth: { value: 2 } } },
          },
        ],
      },
      {
        type: 'symbol',
        from: { data: 'marks' },
        encode: {
          enter: {
            ...place,
            fill: { scale: 'colour', field: 'who' },
            shape: { scale: 'shape', field: 'who' },
            size: { value: 60 },
          },
        },
      },
    ],
  };
}

export async function draw(drawing: Drawing): Promise<string> {
  const view = new View(parse(specOf(drawing)), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}
