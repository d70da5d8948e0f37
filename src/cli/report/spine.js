// The spinal fluid as a map of level and time, the profile along the canal at the cursor, and the courses at the level
// pointed at.
const patient = run.patient && run.patient.t.length > 1 ? (() => {
  const it = run.patient;
  it.t = summedUp(it.t);
  for (const drug of it.drugs) drug.map = drug.map.map(summedUp);
  if (it.bands) it.bands.t = summedUp(it.bands.t);
  return it;
})() : null;
const MAP_FLOOR = 1e-6, DECADE = 400;  // mcg/mL, and steps a decade
const DECADES = 3;                       // shown below the highest
let chosenLevel = patient ? patient.tip.z : 0;

function fromMap(value) {
  return value > 0 ? MAP_FLOOR * 10 ** (value / DECADE) : 0;
}
function toMap(concentration) {
  return concentration > MAP_FLOOR ? DECADE * Math.log10(concentration / MAP_FLOOR) : 0;
}
/** mcg/mL at a place between the middles of two centimetres, and between two times. */
function levelAt(drug, z, t) {
  const place = Math.max(0, Math.min(drug.map.length - 1, z - 0.5)), k = Math.min(drug.map.length - 2, Math.floor(place));
  const i = Math.max(0, Math.min(patient.t.length - 2, indexAt(patient.t, t)));
  const beyond = Math.max(0, Math.min(1, (t - patient.t[i]) / (patient.t[i + 1] - patient.t[i])));
  const at = (row) => fromMap(row[i]) + (fromMap(row[i + 1]) - fromMap(row[i])) * beyond;
  const low = at(drug.map[k]), high = at(drug.map[k + 1]);
  return low + (high - low) * (place - k);
}
function levelText(concentration) {
  if (!(concentration > 0)) return '0 ng/mL';
  return concentration >= 0.1 ? `${number(concentration, 3)} mcg/mL` : `${number(concentration * 1000, 3)} ng/mL`;
}
/** "T10", "between T10 and T6", the nearest vertebra with a name and how far from it. */
function levelName(z) {
  const near = patient.vertebrae.reduce((a, b) => (Math.abs(b.z - z) < Math.abs(a.z - z) ? b : a));
  const off = z - near.z;
  return Math.abs(off) < 0.75 ? near.name : `${number(Math.abs(off), 2)} cm ${off > 0 ? 'above' : 'below'} ${near.name}`;
}

const RAMP = [[13, 8, 70], [64, 3, 116], [118, 12, 121], [163, 38, 98], [203, 71, 72], [233, 112, 42], [249, 164, 20], [243, 224, 90]];
function rampAt(share) {
  const place = Math.max(0, Math.min(1, share)) * (RAMP.length - 1), i = Math.min(RAMP.length - 2, Math.floor(place));
  return RAMP[i].map((c, k) => Math.round(c + (RAMP[i + 1][k] - c) * (place - i)));
}

/** Lines on which a grid of rows (levels) and columns (times) passes a value, as an SVG path. */
function contour(grid, xs, ys, value) {
  let d = '';
  const place = (v) => Math.round(v * 10) / 10;
  for (let k = 0; k + 1 < ys.length; ++k) {
    const low = grid[k], high = grid[k + 1];
    for (let i = 0; i + 1 < xs.length; ++i) {
      const corners = [low[i], low[i + 1], high[i + 1], high[i]];
      const above = corners.map((v) => v >= value);
      if (above.every((v) => v === above[0])) continue;
      const points = [];
      const edge = (a, b, ax, ay, bx, by) => {
        if (above[a] === above[b]) return;
        const share = (value - corners[a]) / (corners[b] - corners[a]);
        points.push(`${place(ax + (bx - ax) * share)} ${place(ay + (by - ay) * share)}`);
      };
      edge(0, 1, xs[i], ys[k], xs[i + 1], ys[k]);
      edge(1, 2, xs[i + 1], ys[k], xs[i + 1], ys[k + 1]);
      edge(2, 3, xs[i + 1], ys[k + 1], xs[i], ys[k + 1]);
      edge(3, 0, xs[i], ys[k + 1], xs[i], ys[k]);
      for (let j = 0; j + 1 < points.length; j += 2) d += `M${points[j]}L${points[j + 1]}`;
    }
  }
  return d;
}

function spine(index) {
  const drug = patient.drugs[index];
  const top = Math.ceil(Math.max(1, ...drug.map.map((course) => course.reduce((a, b) => Math.max(a, b), 0))) / DECADE) * DECADE;
  const bottom = Math.max(0, top - DECADES * DECADE);
  const share = (value) => (value - bottom) / (top - bottom);
  const columns = (p) => {  // the times in view, thinned to what can be seen
    const from = Math.max(0, indexAt(patient.t, view.t0)), to = Math.min(patient.t.length - 1, indexAt(patient.t, view.t1) + 1);
    const stride = Math.max(1, Math.floor((to - from) / (p.right - p.left)));
    const found = [];
    for (let i = from; i < to; i += stride) found.push(i);
    return [...found, to];
  };
  const paint = (canvas, p) => {
    const wide = Math.max(1, Math.round(p.right - p.left)), tall = Math.max(1, Math.round(p.bottom - p.top));
    canvas.width = wide;
    canvas.height = tall;
    const context = canvas.getContext('2d'), image = context.createImageData(wide, tall);
    const pixels = new Uint32Array(image.data.buffer);
    const colours = Array.from({ length: 257 }, (_, i) => {
      const [r, g, b] = rampAt(i / 256);
      return (255 << 24 | b << 16 | g << 8 | r) >>> 0;
    });
    for (let x = 0; x < wide; ++x) {
      const t = p.t(p.left + x + 0.5), i = Math.max(0, Math.min(patient.t.length - 2, indexAt(patient.t, t)));
      const beyond = Math.max(0, Math.min(1, (t - patient.t[i]) / (patient.t[i + 1] - patient.t[i])));
      for (let y = 0; y < tall; ++y) {
        const z = patient.length * (1 - (y + 0.5) / tall);
        const place = Math.max(0, Math.min(drug.map.length - 1, z - 0.5)), k = Math.min(drug.map.length - 2, Math.floor(place));
        const low = drug.map[k], high = drug.map[k + 1];
        const below = low[i] + (low[i + 1] - low[i]) * beyond, above = high[i] + (high[i + 1] - high[i]) * beyond;
        const value = below + (above - below) * (place - k);
        pixels[y * wide + x] = colours[Math.round(256 * Math.max(0, Math.min(1, share(value))))];
      }
    }
    context.putImageData(image, 0, 0);
  };
  const named = patient.vertebrae.filter((level) => level.z > 0 && !['S1', 'C1', 'C2'].includes(level.name));
  const profileScale = (p) => (value) => p.right + 34 + Math.max(0, Math.min(1, share(value))) * (p.width - p.right - 48);
  return {
    height: (narrow) => (narrow ? 330 : 420),
    unit: () => '',
    range: () => [0, patient.length],
    beside: (narrow) => (narrow ? 0 : 190),
    paint,
    axis: (p) => named.filter((level, i) => i === 0 || p.y(named[i - 1].z) - p.y(level.z) > 13).map((level) => `<path class="edge" d="M${p.left - 4} ${p.y(level.z)}h4"/>` +
      `<text x="${p.left - 7}" y="${p.y(level.z) + 4}" text-anchor="end">${level.name}</text>`).join('') +
      `<text x="${p.left - 7}" y="${p.top - 8}" text-anchor="end">level</text>`,
    under: (p) => {
      const seen = columns(p);
      const xs = seen.map((i) => p.x(patient.t[i])), ys = drug.map.map((_, k) => p.y(k + 0.5));
      const grid = drug.map.map((course) => seen.map((i) => course[i]));
      let svg = '';
      for (const [level, look] of [[drug.effective, ''], [drug.riskyAtPain?.level, ' risky']]) {
        if (!level) continue;
        const d = contour(grid, xs, ys, toMap(level));
        svg += `<path class="contour-halo" d="${d}"/><path class="contour${look}" d="${d}"/>`;
      }
      if (drug.riskyInCistern) {  // the cistern lies beyond the map's upper edge
        const above = seen.map((i) => drug.cistern[i] >= drug.riskyInCistern.level);
        const d = seen.map((_, k) => (above[k] && k + 1 < seen.length ? `M${xs[k]} ${p.top + 3}H${xs[k + 1]}` : '')).join('');
        svg += `<path class="contour-halo" d="${d}"/><path class="contour risky bar" d="${d}"/>`;
      }
      const mark = (z, text, above) => `<path class="place" d="M${p.left} ${p.y(z)}H${p.right}"/>` +
        `<text class="on-map" x="${p.left + 6}" y="${p.y(z) + (above ? -5 : 14)}">${text}</text>`;
      const painAbove = patient.pain.z >= patient.tip.z;
      return svg + mark(patient.tip.z, `catheter's tip, vertebra ${patient.tip.name}`, !painAbove) +
        mark(patient.pain.z, `pain, cord segment ${patient.pain.name}`, painAbove);
    },
    over: (p) => {
      if (p.width - p.right < 100) return '';
      const x = profileScale(p);
      let svg = `<path class="edge" d="M${x(bottom)} ${p.top}V${p.bottom}H${x(top)}"/><text x="${x(bottom)}" y="${p.top - 8}">along the canal</text>`;
      for (let decade = bottom; decade <= top; decade += DECADE) {
        svg += `<path class="grid" d="M${x(decade)} ${p.top}V${p.bottom}"/>`;
        if ((decade - bottom) % (2 * DECADE) === 0)
          svg += `<text x="${x(decade)}" y="${p.bottom + 15}" text-anchor="middle">${levelText(fromMap(decade) || MAP_FLOOR).replace(' mcg/mL', '').replace(' ng/mL', 'n')}</text>`;
      }
      return svg + `<text x="${x(top)}" y="${p.bottom + 30}" text-anchor="end">mcg/mL (n: ng/mL)</text>`;
    },
    atCursor: (p) => {
      const at = cursor === null ? view.t1 : cursor;
      let svg = `<path class="place chosen" d="M${p.left} ${p.y(chosenLevel)}H${p.right}"/>`;
      if (p.width - p.right >= 100) {
        const x = profileScale(p);
        const d = drug.map.map((_, k) => `${k ? 'L' : 'M'}${Math.round(x(toMap(levelAt(drug, k + 0.5, at))) * 10) / 10} ${Math.round(p.y(k + 0.5) * 10) / 10}`).join('');
        svg += `<path class="trace" style="stroke:var(--tip)" d="${d}"/><circle cx="${x(toMap(levelAt(drug, chosenLevel, at)))}" cy="${p.y(chosenLevel)}" r="4" style="fill:var(--tip)"/>`;
      }
      return svg;
    },
    keys: () => {
      const at = cursor === null ? view.t1 : cursor;
      const stops = RAMP.map((c, i) => `<stop offset="${i / (RAMP.length - 1)}" stop-color="rgb(${c})"/>`).join('');
      return `<li>at ${escapeText(levelName(chosenLevel))} <b>${levelText(levelAt(drug, chosenLevel, at))}</b></li>` +
        `<li>${levelText(fromMap(bottom) || MAP_FLOOR)} <svg class="ramp" viewBox="0 0 90 14" aria-hidden="true"><linearGradient id="ramp-${index}">${stops}</linearGradient><rect width="90" height="14" style="fill:url(#ramp-${index})"/></svg> ${levelText(fromMap(top))}</li>` +
        [['effective', drug.effective, '', ''], ['risky', drug.riskyAtPain?.level, ' risky', drug.riskyAtPain?.means],
          ['risky in the cistern', drug.riskyInCistern?.level, ' risky bar', drug.riskyInCistern?.means]].map(([name, level, look, means]) => (level
          ? `<li><svg viewBox="0 0 26 14" aria-hidden="true"><path class="contour-halo" d="M0 7H26"/><path class="contour${look}" d="M0 7H26"/></svg>${name} ${levelText(level)}` +
            `${means ? ` (${escapeText(means)})` : ''}</li>` : '')).join('');
    },
    pointAt: (y, p) => chooseLevel(patient.length * (p.bottom - y) / (p.bottom - p.top)),
    moveLevel: (direction) => chooseLevel(chosenLevel + direction),
    say: () => `at ${levelName(chosenLevel)} ${levelText(levelAt(drug, chosenLevel, cursor))}`,
    table: (t0, t1) => {
      const rows = [], levels = patient.vertebrae.filter((level) => level.z < patient.length);
      for (let i = 0; i <= 24; ++i) {
        const t = t0 + (t1 - t0) * i / 24;
        rows.push([clock.full(t, withSeconds()), ...levels.map((level) => levelAt(drug, level.z, t))]);
      }
      return { head: ['Time', ...levels.map((level) => `${level.name}, mcg/mL`)], rows, more: '25 times in view' };
    },
  };
}
function chooseLevel(z) {
  const kept = Math.max(0.5, Math.min(patient.length - 0.5, z));
  if (kept === chosenLevel) return;
  chosenLevel = kept;
  for (const chart of charts) if (chart.spec.followsLevel) chart.stale = true;
  redrawSoon();
}

function levels(index) {
  const drug = patient.drugs[index];
  const LOWEST = 1e-6;
  const course = (ys) => mapped(ys, (v) => v);
  const fixed = [
    { name: `fluid at ${patient.pain.name} (pain)`, t: patient.t, y: course(drug.pain), color: 'delivered', look: 'thick', digits: 3 },
    { name: `cord at ${patient.pain.name}, as fluid`, t: patient.t, y: course(drug.cord), color: 'truly', look: 'dots', digits: 3 },
    { name: 'cistern', t: patient.t, y: course(drug.cistern), color: 'dose', digits: 3 },
    { name: 'blood', t: patient.t, y: course(drug.plasma), color: 'earliest', look: 'dash', digits: 3 },
  ];
  const series = () => [{ name: `fluid at ${levelName(chosenLevel)} (pointed at)`, t: patient.t,
    y: mapped(patient.t, (t) => levelAt(drug, chosenLevel, t)), color: 'prescribed', digits: 3 }, ...fixed];
  return {
    height: (narrow) => (narrow ? 260 : 300),
    unit: () => 'mcg/mL',
    followsLevel: true,
    log: true,
    series,
    range: (t0, t1) => {
      const [low, high] = rangeOf(series(), t0, t1);
      const top = 10 ** Math.ceil(Math.log10(Math.max(high, LOWEST) * 1.05));
      return [Math.max(LOWEST, Math.min(top / 1e3, 10 ** Math.floor(Math.log10(Math.max(low, top / 1e6))))), top];
    },
    under: (p) => {  // the window between the effective and the risky level
      const [low, high] = [drug.effective, drug.riskyAtPain?.level];
      if (!low || !high || high <= low || low >= p.range[1] || high <= p.range[0]) return '';
      const top = p.y(Math.min(high, p.range[1])), bottom = p.y(Math.max(low, p.range[0]));
      return `<rect class="window" x="${p.left}" y="${top}" width="${p.right - p.left}" height="${bottom - top}"/>`;
    },
    over: (p) => [[`effective at ${patient.pain.name}`, drug.effective, true], [`risky at ${patient.pain.name}`, drug.riskyAtPain?.level, true],
      ['risky in the cistern', drug.riskyInCistern?.level, false]].map(([name, level, left]) => (level && level > p.range[0] && level < p.range[1]
      ? `<path class="level" d="M${p.left} ${p.y(level)}H${p.right}"/><text class="level-name halo" x="${left ? p.left + 6 : p.right - 6}" y="${p.y(level) + (left ? -6 : 14)}" text-anchor="${left ? 'start' : 'end'}">${name} ${levelText(level)}</text>` : '')).join(''),
    table: (t0, t1) => seriesTable(series(), 'mcg/mL', t0, t1),
  };
}

/** Relief, ventilation and withdrawal in per cent. */
function effects() {
  const it = patient.effects;
  const percent = (ys) => mapped(ys, (v) => 100 * v);
  const series = [
    ['pain', 'pain relieved', 'delivered', 'thick'], ['spasticity', 'spasticity relieved', 'delivered', 'thick'],
    ['ventilation', 'ventilation at fixed CO2', 'dose', ''], ['withdrawal', 'withdrawal', 'earliest', 'dash'],
  ].filter(([key]) => it[key]).map(([key, name, color, look], i, all) => ({
    name, t: patient.t, y: percent(it[key]), color: key === 'spasticity' && all.some(([k]) => k === 'pain') ? 'truly' : color, look, digits: 3 }));
  return {
    height: (narrow) => (narrow ? 220 : 260),
    unit: () => '%',
    series: () => series,
    range: () => [0, 103],
    over: (p) => `<path class="level" d="M${p.left} ${p.y(50)}H${p.right}"/><text class="level-name halo" x="${p.left + 6}" y="${p.y(50) - 6}">half</text>`,
    table: (t0, t1) => seriesTable(series, '%', t0, t1),
  };
}

function sides() {
  const colors = ['prescribed', 'truly', 'dose', 'earliest', 'delivered', 'tip'], looks = ['', 'dash', 'dots'];
  const series = patient.effects.sides.map((side, i) => ({
    name: (patient.drugs.length > 1 ? `${side.drug}: ` : '') + side.name + (side.grave ? ' (grave)' : ''),
    t: patient.t, y: mapped(side.share, (v) => 100 * v), color: colors[i % colors.length], look: looks[Math.floor(i / colors.length) % looks.length], digits: 3 }));
  return {
    height: (narrow) => (narrow ? 200 : 230),
    unit: () => '%',
    series: () => series,
    range: (t0, t1) => [0, Math.min(103, Math.max(5, rangeOf(series, t0, t1)[1] * 1.1))],
    table: (t0, t1) => seriesTable(series, '% of patients', t0, t1),
  };
}

function bandEffects() {
  return bandsOf(patient.bands.effects, true);
}
function bands(index) {
  return bandsOf(patient.bands.drugs[index], false);
}
/** Many patients: the median, and areas for half and for most of them. */
function bandsOf(all, onEffects) {
  const t = patient.bands.t, LOWEST = 1e-6;
  let chosen = 0;
  const names = ['5 %', '25 %', 'median', '75 %', '95 %'], scale = onEffects ? 100 : 1;
  const columns = all.map((it) => it.courses.map((course) => mapped(course, (v) => v * scale)));
  const colors = onEffects ? { 'ventilation at fixed CO2': 'dose', withdrawal: 'earliest' } : { cistern: 'dose', blood: 'earliest' };
  const color = () => colors[all[chosen].name] || 'tip';
  const series = () => columns[chosen].map((y, i) => ({ name: names[i], t, y, color: color(), look: i === 2 ? '' : 'faint', digits: 3 }));
  const area = (p, low, high, opacity) => {
    const from = Math.max(0, indexAt(t, view.t0)), to = Math.min(t.length - 1, indexAt(t, view.t1) + 1);
    const point = (ys) => (i) => `${Math.round(p.x(t[i]) * 10) / 10} ${Math.round(p.y(ys[i]) * 10) / 10}`;
    const range = Array.from({ length: Math.max(0, to - from + 1) }, (_, k) => from + k);
    if (range.length < 2) return '';
    return `<path class="band" style="fill:var(--${color()});opacity:${opacity}" d="M${range.map(point(columns[chosen][high])).join('L')}` +
      `L${range.reverse().map(point(columns[chosen][low])).join('L')}Z"/>`;
  };
  return {
    height: (narrow) => (narrow ? 240 : 290),
    unit: () => (onEffects ? '%' : 'mcg/mL'),
    log: !onEffects,
    series,
    range: (t0, t1) => {
      if (onEffects) return [0, 103];
      const [low, high] = rangeOf(series(), t0, t1);
      const top = 10 ** Math.ceil(Math.log10(Math.max(high, LOWEST) * 1.05));
      return [Math.max(LOWEST, Math.min(top / 1e3, 10 ** Math.floor(Math.log10(Math.max(low, top / 1e6))))), top];
    },
    under: (p) => area(p, 0, 4, 0.16) + area(p, 1, 3, 0.28),
    choices: all.map((it, i) => ({ name: it.name, pressed: () => chosen === i, press: () => { chosen = i; } })),
    table: (t0, t1) => seriesTable(series(), onEffects ? '%' : 'mcg/mL', t0, t1),
  };
}
