// The run as columns of numbers, and how to find and thin them.
function summedUp(differences) {
  const column = new Float64Array(differences.length);
  let sum = 0;
  for (let i = 0; i < column.length; ++i) column[i] = sum += differences[i];
  return column;
}
function mapped(column, f) {
  const out = new Float64Array(column.length);
  for (let i = 0; i < out.length; ++i) out[i] = f(column[i], i);
  return out;
}

/** The last index whose value is not above `t`; -1 when there is none. */
function indexAt(ts, t) {
  let low = 0, high = ts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ts[middle] <= t) low = middle + 1; else high = middle;
  }
  return low - 1;
}

/** Lowest and highest of what the column takes between two instants; nothing when it says nothing there. */
function extremes(ts, ys, t0, t1) {
  if (!ts.length) return null;
  const last = Math.min(ts.length - 1, indexAt(ts, t1) + 1);
  let low = Infinity, high = -Infinity;
  for (let i = Math.max(0, indexAt(ts, t0)); i <= last; ++i) {
    if (ys[i] < low) low = ys[i];
    if (ys[i] > high) high = ys[i];
  }
  return low <= high ? [low, high] : null;
}

/** Value at `t`: the one that holds (steps) or the straight line between two samples. */
function valueAt(ts, ys, t, steps) {
  const i = indexAt(ts, t);
  if (i < 0) return ys.length ? ys[0] : NaN;
  if (steps || i + 1 >= ts.length || ts[i + 1] === ts[i]) return ys[i];
  return ys[i] + (ys[i + 1] - ys[i]) * (t - ts[i]) / (ts[i + 1] - ts[i]);
}

/**
 * SVG path of a column between two instants. More samples than `width` pixels are thinned to the first, lowest,
 * highest and last of each pixel, never averaged, so that nothing short vanishes.
 */
function tracePath(ts, ys, t0, t1, x, y, width, steps) {
  if (!ts.length) return '';
  const from = Math.max(0, indexAt(ts, t0)), to = Math.min(ts.length - 1, indexAt(ts, t1) + 1);
  const out = [];
  const place = (v) => Math.round(v * 10) / 10;
  if (to - from <= 2 * width) {
    for (let i = from; i <= to; ++i) {
      const px = place(x(ts[i]));
      if (steps && i > from) out.push(`H${px}`);
      out.push(`${i === from ? 'M' : 'L'}${px} ${place(y(ys[i]))}`);
    }
  } else {
    let column = NaN, first = 0, low = 0, high = 0, last = 0, lowFirst = true;
    const flush = () => {
      if (Number.isNaN(column)) return;
      if (steps && out.length) out.push(`H${column}`);
      out.push(`${out.length ? 'L' : 'M'}${column} ${place(y(first))}`);
      if (low !== high) {
        out.push(`V${place(y(lowFirst ? low : high))}V${place(y(lowFirst ? high : low))}V${place(y(last))}`);
      }
    };
    for (let i = from; i <= to; ++i) {
      const px = Math.round(x(ts[i]));
      if (px !== column) {
        flush();
        column = px;
        first = low = high = ys[i];
      } else if (ys[i] < low) {
        low = ys[i];
        lowFirst = false;
      } else if (ys[i] > high) {
        high = ys[i];
        lowFirst = true;
      }
      last = ys[i];
    }
    flush();
  }
  if (steps) out.push(`H${place(x(Math.max(ts[to], Math.min(t1, run.lasts))))}`);
  return out.join('');
}

/** The value below which a column of steps lies for `share` of the time. */
function timeQuantile(ts, ys, end, share) {
  const order = Array.from(ys.keys()).sort((a, b) => ys[a] - ys[b]);
  const held = (i) => (i + 1 < ts.length ? ts[i + 1] : Math.max(end, ts[i])) - ts[i];
  const wanted = share * (Math.max(end, ts[ts.length - 1]) - ts[0]);
  let sum = 0;
  for (const i of order) {
    sum += held(i);
    if (sum >= wanted) return ys[i];
  }
  return order.length ? ys[order[order.length - 1]] : 0;
}

const run = JSON.parse(document.getElementById('run-data').textContent);
const clock = new Clock(run.start, run.clock);
const samples = (() => {
  const c = run.columns;
  const out = {};
  for (const key of ['t', 'prescribed', 'delivered', 'truly', 'flow', 'nominal', 'earliest', 'holds', 'inReservoir',
    'atTip', 'trulyAtTip', 'error']) out[key] = summedUp(c[key]);
  out.prescribedMass = c.prescribedMass.map(summedUp);
  out.tipMass = c.tipMass.map(summedUp);
  return out;
})();
if (!(run.lasts > 0)) run.lasts = Math.max(1e3, samples.t.length ? samples.t[samples.t.length - 1] : 0);
run.columns = null;

const fluidByNumber = new Map(run.fluids.map((fluid) => [fluid.number, fluid]));
/** ng per mL of a drug in the fluid of that number. */
function strength(fluid, drug) {
  const found = fluidByNumber.get(fluid);
  return found ? found.strengths[drug] : 0;
}
function fluidName(number) {
  const found = fluidByNumber.get(number);
  return found ? found.name : number ? `fluid ${number}` : 'none';
}
/** mg, or mcg when nothing reaches a milligram. */
function massUnit(largestNanograms) {
  return largestNanograms >= 1e6 || largestNanograms === 0 ? { name: 'mg', ng: 1e6 } : { name: 'mcg', ng: 1e3 };
}
function massText(nanograms) {
  const unit = massUnit(Math.abs(nanograms));
  return `${number(nanograms / unit.ng)} ${unit.name}`;
}
function volumeText(nanolitres) {
  return `${number(nanolitres / 1e6)} mL`;
}
