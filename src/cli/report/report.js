// The charts of this report, the toolbar and the theme.
function hasSamples() {
  return samples.t.length > 0;
}
function padded([low, high], share = 0.06) {
  const room = (high - low || Math.abs(high) || 1) * share;
  return [low - room, high + room];
}
function rangeOf(series, t0, t1) {
  const found = series.map((s) => extremes(s.t, s.y, t0, t1)).filter(Boolean);
  return found.length ? [Math.min(...found.map((r) => r[0])), Math.max(...found.map((r) => r[1]))] : [0, 1];
}
function differs(a, b, least) {
  return a.some((value, i) => Math.abs(value - b[i]) > least);
}
/** A pump without electronics: nothing was commanded or counted, and the flow in the samples is the true one. */
const constantFlow = run.constantFlow || null;
/** Does a line drawn beside another tell anything? Then it is shown. */
const trulyDiffers = !constantFlow && differs(samples.truly, samples.delivered, 2 * run.step);
const heldDiffers = differs(samples.holds, samples.nominal, 2 * run.step);

function cumulative() {
  let drug = -1;  // -1: volume
  const ml = (column) => mapped(column, (v) => v / 1e6);
  const volume = constantFlow ? [
    { name: 'truly out of the tip', t: samples.t, y: ml(samples.truly), color: 'delivered', look: 'thick', digits: 6 },
    { name: 'expected at the labelled flow', t: samples.t, y: ml(samples.prescribed), color: 'prescribed', look: 'dash', digits: 6 },
  ] : [
    { name: 'delivered', t: samples.t, y: ml(samples.delivered), color: 'delivered', look: 'thick', digits: 6 },
    { name: 'prescribed', t: samples.t, y: ml(samples.prescribed), color: 'prescribed', look: 'dash', digits: 6 },
  ];
  if (trulyDiffers) volume.push({ name: 'truly out of the tip', t: samples.t, y: ml(samples.truly), color: 'truly', look: 'dots', digits: 6 });
  const units = run.drugs.map((_, i) => massUnit(Math.max(0, ...[samples.prescribedMass[i], samples.tipMass[i]].map((c) => c[c.length - 1] || 0))));
  const masses = run.drugs.map((_, i) => [
    { name: 'left the tip', t: samples.t, y: mapped(samples.tipMass[i], (v) => v / units[i].ng), color: 'delivered', look: 'thick', digits: 5 },
    { name: constantFlow ? 'intended' : 'prescribed', t: samples.t, y: mapped(samples.prescribedMass[i], (v) => v / units[i].ng), color: 'prescribed', look: 'dash', digits: 5 },
  ]);
  const series = () => (drug < 0 ? volume : masses[drug]);
  const choice = (name, which) => ({ name, pressed: () => drug === which, press: () => { drug = which; } });
  return {
    height: (narrow) => (narrow ? 240 : 290),
    unit: () => (drug < 0 ? 'mL' : units[drug].name),
    series,
    range: (t0, t1) => {
      const range = padded(rangeOf(series(), t0, t1));
      return t0 <= 0 ? [Math.min(0, range[0] < 0 && range[0] > -range[1] * 0.1 ? 0 : range[0]), range[1]] : range;
    },
    choices: [choice('mL', -1), ...run.drugs.map((name, i) => choice(`${name} ${units[i].name}`, i))],
    table: (t0, t1) => seriesTable(series(), drug < 0 ? 'mL' : units[drug].name, t0, t1),
  };
}

function difference() {
  const behind = mapped(samples.prescribed, (v, i) => (v - samples.delivered[i]) / run.step);
  const series = [{ name: 'behind the prescription', t: samples.t, y: behind, color: 'prescribed', spiky: true, digits: 3 }];
  return {
    height: (narrow) => (narrow ? 150 : 165),
    unit: () => 'steps',
    series: () => series,
    range: (t0, t1) => {
      const [low, high] = rangeOf(series, t0, t1);
      return padded([Math.min(0, low), Math.max(1, high)], 0.12);
    },
    under: (p) => `<rect class="fill" style="fill:var(--truly)" x="${p.left}" y="${p.y(1)}" width="${p.right - p.left}" height="${p.y(0) - p.y(1)}"/>`,
    keys: () => '<li><svg viewBox="0 0 26 14" aria-hidden="true"><rect width="26" height="14" style="fill:var(--truly);opacity:0.25"/></svg>within one step</li>',
    table: (t0, t1) => seriesTable(series, 'steps', t0, t1),
  };
}

/**
 * A rate in steps whose rare peaks may be cut off so that the basal rate can be read. `beside`: another line in the
 * same steps.
 */
function rate(name, ys, unit, color, beside = null) {
  const usual = hasSamples() ? timeQuantile(samples.t, ys, run.lasts, 0.95) : 0;
  const peak = ys.reduce((a, b) => Math.max(a, b), 0);
  const cuttable = usual > 0 && peak > 4 * usual;
  let cut = cuttable;
  const series = [{ name, t: samples.t, y: ys, color, steps: true, spiky: true }];
  if (beside) series.push({ name: beside.name, t: samples.t, y: beside.y, color: 'prescribed', look: 'dash', steps: true });
  const cutAt = usual * 2;
  const over = (p) => {
    if (!cut) return '';
    const peaks = [];
    const from = Math.max(0, indexAt(samples.t, view.t0)), to = indexAt(samples.t, view.t1);
    for (let i = from; i <= to; ++i) {
      const x = Math.max(p.left, p.x(samples.t[i])), last = peaks[peaks.length - 1];
      if (ys[i] <= cutAt) continue;
      if (last && x - last.x < 7) last.y = Math.max(last.y, ys[i]); else peaks.push({ x, y: ys[i] });
    }
    let svg = '';
    peaks.forEach((peak, i) => {
      const room = (i + 1 < peaks.length ? peaks[i + 1].x : p.right) - peak.x;
      svg += `<path d="M${peak.x} ${p.top - 9}l-5 9h10z" style="fill:var(--${color})"/>`;
      const text = number(peak.y, 3);
      if (room > textWidth(text) + 20) svg += `<text class="halo" x="${peak.x + 8}" y="${p.top}">${text}</text>`;
    });
    return svg;
  };
  return {
    height: (narrow) => (narrow ? 180 : 200),
    unit: () => unit,
    series: () => series,
    range: (t0, t1) => {
      const highest = Math.max(rangeOf(series, t0, t1)[1], peak > 0 ? peak * 1e-3 : 1);
      return [0, (cut ? Math.min(cutAt, highest) : highest) * 1.08];
    },
    under: influencesUnder,
    over,
    keys: () => influencesKey() + (cut ? `<li>▲ peaks cut off, up to <b>${number(peak, 3)} ${unit}</b></li>` : ''),
    choices: cuttable ? [{ name: 'Cut peaks ▲', pressed: () => cut, press: () => { cut = !cut; } }] : [],
    table: (t0, t1) => seriesTable(series, unit, t0, t1),
  };
}
/** The times in which something moves the flow of a constant-flow pump, as bands with their names. */
function influencesUnder(p) {
  const shown = constantFlow ? constantFlow.influences.filter((one) => one.t <= view.t1 && (one.end ?? run.lasts) >= view.t0) : [];
  let svg = '', taken = -Infinity;
  for (const one of shown) {
    const a = Math.max(p.left, p.x(one.t)), b = Math.min(p.right, p.x(one.end ?? run.lasts));
    svg += `<rect class="fill" style="fill:var(--band)" x="${a}" y="${p.top}" width="${Math.max(2, b - a)}" height="${p.bottom - p.top}"/>`;
    const width = textWidth(one.what), x = Math.min(a + 4, p.right - width);
    if (x < taken) continue;
    svg += `<text class="halo" x="${x}" y="${p.bottom - 8}">${escapeText(one.what)}</text>`;
    taken = x + width + 8;
  }
  return svg;
}
function influencesKey() {
  return constantFlow && constantFlow.influences.length
    ? '<li><svg viewBox="0 0 26 14" aria-hidden="true"><rect width="26" height="14" style="fill:var(--band);opacity:0.25"/></svg>an influence lasts</li>' : '';
}

function flow() {
  if (constantFlow) {
    const label = { name: 'labelled', y: mapped(samples.t, () => constantFlow.labelled / 1e6) };
    return rate('true flow', mapped(samples.flow, (v) => v / 1e6), 'mL/day', 'flow', label);
  }
  return rate('commanded flow', mapped(samples.flow, (v) => v / 1e6), 'mL/day', 'flow');
}
function dose(drug) {
  const nanograms = mapped(samples.flow, (v, i) =>
    (samples.holds[i] > 0 ? v * (1 + samples.error[i] / 1e6) * strength(samples.trulyAtTip[i], drug) / 1e6 : 0));
  const usual = hasSamples() ? timeQuantile(samples.t, nanograms, run.lasts, 0.95) : 0;
  const unit = massUnit(usual || nanograms.reduce((a, b) => Math.max(a, b), 0));
  const intended = constantFlow && {
    name: 'intended',
    y: mapped(samples.t, (t) => constantFlow.intended.filter((fill) => fill.t <= t).pop().rates[drug] / unit.ng),
  };
  return rate(`${run.drugs[drug]} at the tip`, mapped(nanograms, (v) => v / unit.ng), `${unit.name}/day`, 'dose', intended);
}

function concentration(drug) {
  const columns = [samples.inReservoir, samples.atTip, samples.trulyAtTip].map((c) => mapped(c, (fluid) => strength(fluid, drug)));
  const highest = Math.max(0, ...run.fluids.map((fluid) => fluid.strengths[drug]));
  const unit = massUnit(highest);
  const [reservoir, reckoned, truly] = columns.map((c) => mapped(c, (v) => v / unit.ng));
  const name = `${unit.name}/mL`;
  const series = [
    { name: 'in the reservoir', t: samples.t, y: reservoir, color: 'reservoir', look: 'dash', steps: true },
    { name: 'at the true tip', t: samples.t, y: truly, color: 'tip', steps: true },
  ];
  if (!constantFlow && differs(samples.atTip, samples.trulyAtTip, 0)) {
    series.push({ name: 'at the tip, reckoned by the pump', t: samples.t, y: reckoned, color: 'delivered', look: 'dots', steps: true });
  }
  const arrivals = run.fronts.filter((front) => front.truly !== null && strength(front.fluid, drug) !== strength(front.before, drug));
  const band = (front) => [front.truly - front.early, front.truly + front.late];
  return {
    height: (narrow) => (narrow ? 190 : 210),
    unit: () => name,
    series: () => series,
    range: () => [0, (highest / unit.ng || 1) * 1.15],
    under: (p) => arrivals.map((front) => {
      const [a, b] = band(front).map(p.x);
      return `<rect class="fill" style="fill:var(--band)" x="${a}" y="${p.top}" width="${Math.max(2, b - a)}" height="${p.bottom - p.top}"/>`;
    }).join(''),
    over: (p) => arrivals.map((front) => {
      const [a, b] = band(front).map(p.x);
      if (b < p.left || a > p.right) return '';
      const atEnd = b > p.right - 170;
      return `<text class="halo" x="${atEnd ? Math.max(p.left + 4, a - 6) : b + 6}" y="${p.bottom - 8}" text-anchor="${atEnd && a > p.left + 170 ? 'end' : 'start'}">` +
        `${escapeText(fluidName(front.fluid))} ${front.early + front.late > 0 ? 'arrives, 5–95 %' : 'arrives'}</text>`;
    }).join(''),
    keys: () => (arrivals.some((f) => f.early + f.late > 0) ? '<li><svg viewBox="0 0 26 14" aria-hidden="true"><rect width="26" height="14" style="fill:var(--band);opacity:0.25"/></svg>a new fluid arrives: 5 to 95 % of it</li>' : ''),
    table: (t0, t1) => seriesTable(series, name, t0, t1),
  };
}

function reservoir() {
  const ml = (column) => mapped(column, (v) => v / 1e6);
  const earliest = { name: 'earliest (upper end of accuracy)', t: samples.t, y: ml(samples.earliest), color: 'earliest' };
  const series = constantFlow ? [
    { name: 'truly in it', t: samples.t, y: ml(samples.holds), color: 'reservoir' },
    { name: 'expected at the labelled flow', t: samples.t, y: ml(samples.nominal), color: 'prescribed', look: 'dash' },
    { ...earliest, look: 'dots' },
  ] : [
    { name: 'nominal', t: samples.t, y: ml(samples.nominal), color: 'reservoir' },
    { ...earliest, look: 'dash' },
  ];
  if (heldDiffers && !constantFlow) series.push({ name: 'truly in it', t: samples.t, y: ml(samples.holds), color: 'truly', look: 'dots' });
  const low = run.lowAlarm / 1e6;
  return {
    height: (narrow) => (narrow ? 210 : 240),
    unit: () => 'mL',
    series: () => series,
    range: () => {
      const range = rangeOf(series, 0, run.lasts);
      return [Math.min(0, range[0]), Math.max(range[1], low) * 1.06 || 1];
    },
    over: (p) => (low > 0 ? `<path class="level" d="M${p.left} ${p.y(low)}H${p.right}"/>` +
      `<text class="level-name halo" x="${p.left + 6}" y="${p.y(low) - 6}">low level ${number(low)} mL</text>` : ''),
    table: (t0, t1) => seriesTable(series, 'mL', t0, t1),
  };
}

// ---- boluses, alarms, events ----------------------------------------------------------------------------

/** A shape for each reason, so that colour is not needed. */
const SHAPES = {
  circle: (x, y, r) => `<circle cx="${x}" cy="${y}" r="${r}"/>`,
  square: (x, y, r) => `<rect x="${x - r}" y="${y - r}" width="${2 * r}" height="${2 * r}"/>`,
  diamond: (x, y, r) => `<path d="M${x} ${y - r - 1}l${r + 1} ${r + 1}l${-r - 1} ${r + 1}l${-r - 1} ${-r - 1}z"/>`,
  triangle: (x, y, r) => `<path d="M${x} ${y - r - 1}l${r + 1} ${2 * r + 1}h${-2 * r - 2}z"/>`,
  down: (x, y, r) => `<path d="M${x} ${y + r + 1}l${r + 1} ${-2 * r - 1}h${-2 * r - 2}z"/>`,
  cross: (x, y, r) => `<path d="M${x - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}"/>`,
};
const REASON_SHAPES = { lockout: 'circle', 'allotted used': 'square', ceiling: 'diamond', 'critical alarm': 'triangle', 'outside hours': 'down' };
function reasonShape(reason) {
  return REASON_SHAPES[reason] || 'cross';
}
function shapeKey(shape, style, name) {
  return `<li><svg viewBox="0 0 26 14" aria-hidden="true"><g ${style}>${SHAPES[shape](13, 7, 4.5)}</g></svg>${escapeText(name)}</li>`;
}
const HOLLOW = 'style="fill:none;stroke:var(--refused);stroke-width:1.8"';

function bolusText(bolus) {
  const doses = bolus.mass.map((ng, i) => (ng > 0 ? `${massText(ng)} ${run.drugs[i]}` : '')).filter(Boolean).join(', ');
  if (bolus.granted) {
    return `${bolus.kind}, ${bolus.cut ? 'cut short, gave' : 'granted'} ${volumeText(bolus.given)}${doses ? ` (${doses})` : ''}`;
  }
  const next = bolus.next !== undefined ? `, next possible ${clock.day(bolus.next)}` : '';
  return `${bolus.kind}, refused: ${bolus.reason}${next}`;
}

function boluses() {
  const kinds = [...new Set(run.boluses.map((bolus) => bolus.kind))];
  const rows = [];
  let height = 0;
  for (const kind of kinds) {
    const all = run.boluses.filter((bolus) => bolus.kind === kind);
    const granted = all.filter((bolus) => bolus.granted), refused = all.filter((bolus) => !bolus.granted);
    const row = { kind, granted, refused, top: height, largest: Math.max(1, ...granted.map((b) => Math.max(b.given, b.prescribed))) };
    row.bars = granted.length ? 40 : 0;
    row.marks = refused.length ? 20 : 0;
    height += 20 + row.bars + row.marks;
    rows.push(row);
  }
  const reasons = [...new Set(run.boluses.filter((b) => !b.granted).map((b) => b.reason))];
  const drawRow = (p, row) => {
    const top = p.top + row.top, base = top + 20 + row.bars;
    let svg = `<path class="grid" d="M${p.left} ${base}H${p.right}"/>`;
    const columns = new Map();
    for (const b of row.granted) {
      if (b.end < view.t0 || b.t > view.t1) continue;
      const key = Math.round(p.x(b.t));
      const held = columns.get(key);
      if (!held || held.given < b.given) columns.set(key, b);
    }
    const bars = [...columns].sort((m, n) => m[0] - n[0]);
    bars.forEach(([x, b], i) => {
      const width = Math.max(4, p.x(b.end) - p.x(b.t));
      const tall = (volume) => Math.max(3, 30 * volume / row.largest);
      if (b.given < b.prescribed) {
        svg += `<rect x="${x}" y="${base - tall(b.prescribed)}" width="${width}" height="${tall(b.prescribed)}" style="fill:none;stroke:var(--granted);stroke-dasharray:2 2"/>`;
      }
      svg += `<rect x="${x}" y="${base - tall(b.given)}" width="${width}" height="${tall(b.given)}" style="fill:var(--granted)"/>`;
      const text = b.mass[0] > 0 ? massText(b.mass[0]) : volumeText(b.given);
      const room = (i + 1 < bars.length ? bars[i + 1][0] : p.right) - x - width;
      if (room > textWidth(text) + 8) svg += `<text class="halo" x="${x + width + 3}" y="${base - 3}">${text}</text>`;
    });
    const last = {};
    const hollow = row.refused.filter((b) => {
      const x = p.x(b.t), seen = last[b.reason] ?? -Infinity;
      if (b.t < view.t0 || b.t > view.t1 || x - seen < 1) return false;
      last[b.reason] = x;
      return true;
    });
    hollow.forEach((b, i) => {
      const x = Math.round(p.x(b.t)), room = (i + 1 < hollow.length ? p.x(hollow[i + 1].t) : p.right) - x;
      svg += `<g ${HOLLOW}>${SHAPES[reasonShape(b.reason)](x, base + 11, 4.5)}</g>`;
      if (room > textWidth(b.reason) + 20) svg += `<text class="halo" x="${x + 9}" y="${base + 15}">${escapeText(b.reason)}</text>`;
    });
    const of = `${row.granted.length} granted${row.refused.length ? `, ${row.refused.length} refused` : ''}`;
    return `${svg}<text class="name halo" x="${p.left + 4}" y="${top + 13}">${escapeText(row.kind)} <tspan style="font-weight:400">${of}</tspan></text>`;
  };
  return {
    height: () => 68 + Math.max(24, height + 4),
    items: run.boluses.map((b) => ({ t: b.t, end: b.granted ? b.end : b.t, text: bolusText(b) })),
    under: (p) => rows.map((row) => drawRow(p, row)).join('') ||
      `<text class="halo" x="${p.left + 8}" y="${p.top + 16}">No bolus was asked for or scheduled.</text>`,
    keys: () => (run.boluses.some((b) => b.granted) ? '<li><svg viewBox="0 0 26 14" aria-hidden="true"><rect x="9" width="8" height="14" style="fill:var(--granted)"/></svg>granted, height by volume</li>' : '') +
      reasons.map((reason) => shapeKey(reasonShape(reason), HOLLOW, `refused: ${reason}`)).join(''),
    table: (t0, t1) => {
      const all = run.boluses.filter((b) => b.t >= t0 && b.t <= t1);
      const rows2 = all.slice(0, 500).map((b) => [clock.full(b.t, true), b.kind, b.granted ? (b.cut ? 'cut short' : 'granted') : 'refused',
        b.granted ? '' : b.reason, b.granted ? volumeText(b.prescribed) : '', b.granted ? volumeText(b.given) : '',
        ...run.drugs.map((_, i) => (b.mass[i] > 0 ? massText(b.mass[i]) : '')), b.next !== undefined ? clock.full(b.next) : '']);
      return { head: ['Time', 'Kind', 'Answer', 'Reason', 'Prescribed', 'Given', ...run.drugs, 'Next possible'], rows: rows2,
        more: all.length > 500 ? `the first 500 of ${all.length} in view` : `${all.length} in view` };
    },
  };
}

const LANES = [['orders', 'Prescriptions and clock', 'triangle'], ['fluids', 'Fluids', 'diamond'], ['delivery', 'Motor and dose gate', 'square'],
  ['flow', 'What moves the flow', 'square']];
function lane() {
  const alarmNames = [...new Set(run.alarms.map((a) => a.name))];
  const lanes = LANES.filter(([id]) => run.marks.some((mark) => mark.lane === id));
  const ROW = 40;
  const drawAlarms = (p, name, row) => {
    const all = run.alarms.filter((a) => a.name === name);
    const y = p.top + row * ROW, color = all[0].critical ? 'critical' : 'mild';
    let svg = '';
    for (const a of all) {
      const end = a.end === null ? run.lasts : a.end;
      if (end < view.t0 || a.t > view.t1) continue;
      const x0 = Math.max(p.left - 6, p.x(a.t)), x1 = Math.min(p.right + 6, p.x(end));
      const width = Math.max(4, x1 - x0);
      svg += `<rect x="${x0}" y="${y + 18}" width="${width}" height="14" style="fill:var(--${color});${a.critical ? '' : 'fill-opacity:0.35;stroke:var(--mild);stroke-width:1.5'}"/>`;
    }
    return `${svg}<text class="name halo" x="${p.left + 4}" y="${y + 13}">${urgency(all[0].critical)} ${escapeText(name)} <tspan style="font-weight:400">${all[0].critical ? 'critical' : 'non-critical'}, ${all.length === 1 ? 'once' : `${all.length} times`}</tspan></text>`;
  };
  const urgency = (critical) => (critical ? '!!' : '!');
  const drawLane = (p, [id, title, shape], row) => {
    const y = p.top + row * ROW;
    const all = run.marks.filter((mark) => mark.lane === id && mark.t >= view.t0 && mark.t <= view.t1);
    const groups = [];
    for (const mark of all) {
      const x = p.x(mark.t), group = groups[groups.length - 1];
      if (group && x - group.x < 14) group.n += 1; else groups.push({ x, n: 1, mark });
    }
    let svg = `<path class="grid" d="M${p.left} ${y + 25}H${p.right}"/>`;
    groups.forEach((group, i) => {
      svg += `<g style="fill:var(--event)">${SHAPES[shape](Math.round(group.x), y + 25, 4.5)}</g>`;
      const room = (i + 1 < groups.length ? groups[i + 1].x : p.right) - group.x - 20;
      const words = group.mark.name + (group.n > 1 ? ` and ${group.n - 1} more` : '');
      const label = [words, group.n > 1 ? `${group.n}×` : ''].find((text) => textWidth(text) < room);
      if (label) svg += `<text class="halo" x="${group.x + 9}" y="${y + 29}">${escapeText(label)}</text>`;
    });
    return `${svg}<text class="name halo" x="${p.left + 4}" y="${y + 13}">${title} <tspan style="font-weight:400">${counted(run.marks.filter((m) => m.lane === id).length, 'event')}</tspan></text>`;
  };
  const alarmItem = (a) => ({ t: a.t, end: a.end === null ? run.lasts : a.end,
    text: `alarm “${a.name}” (${a.critical ? 'critical' : 'non-critical'}) ${a.end === null ? 'still stands' : `until ${clock.day(a.end)}`}` });
  return {
    height: () => 68 + Math.max(24, ROW * (alarmNames.length + lanes.length)),
    items: [...run.alarms.map(alarmItem), ...run.marks.map((mark) => ({ t: mark.t, text: mark.text }))].sort((a, b) => a.t - b.t),
    under: (p) => alarmNames.map((name, i) => drawAlarms(p, name, i)).join('') +
      lanes.map((of, i) => drawLane(p, of, alarmNames.length + i)).join('') ||
      `<text class="halo" x="${p.left + 8}" y="${p.top + 16}">No alarm and no event.</text>`,
    keys: () => (run.alarms.length ? '<li><svg viewBox="0 0 26 14" aria-hidden="true"><rect width="26" height="14" style="fill:var(--critical)"/></svg>!! critical alarm</li>' +
      '<li><svg viewBox="0 0 26 14" aria-hidden="true"><rect x="1" y="1" width="24" height="12" style="fill:var(--mild);fill-opacity:0.35;stroke:var(--mild);stroke-width:1.5"/></svg>! non-critical alarm</li>' : '') +
      lanes.map(([, title, shape]) => shapeKey(shape, 'style="fill:var(--event)"', title)).join(''),
    table: (t0, t1) => {
      const rows = [...run.alarms.map((a) => ({ t: a.t, row: [clock.full(a.t, true), 'alarm', a.name, a.end === null ? 'still stands' : clock.full(a.end, true), a.text] })),
        ...run.marks.map((m) => ({ t: m.t, row: [clock.full(m.t, true), 'event', m.name, '', m.text] }))]
        .filter((r) => r.t >= t0 && r.t <= t1).sort((a, b) => a.t - b.t);
      return { head: ['Time', 'What', 'Name', 'Cleared', 'In words'], rows: rows.slice(0, 500).map((r) => r.row),
        more: rows.length > 500 ? `the first 500 of ${rows.length} in view` : `${rows.length} in view` };
    },
  };
}

// ---- toolbar --------------------------------------------------------------------------------------------

const overview = document.getElementById('overview');
let overviewWidth = 0;
function drawToolbar() {
  const seconds = withSeconds();
  document.getElementById('when-time').textContent = cursor === null
    ? `${clock.day(view.t0, seconds)} – ${clock.day(view.t1, seconds)}` : clock.day(cursor, seconds);
  document.getElementById('when-date').textContent = cursor === null
    ? '' : `${clock.weekday(cursor)} ${clock.date(cursor)}`;
  const width = overview.clientWidth;
  if (!width) return;
  const x = (t) => t / run.lasts * width;
  if (width !== overviewWidth) {
    overviewWidth = width;
    const ys = constantFlow ? samples.truly : samples.delivered, top = Math.max(1, ys.length ? ys[ys.length - 1] : 1);
    const d = tracePath(samples.t, ys, 0, run.lasts, x, (v) => 31 - 26 * v / top, width, false);
    const ticks = run.alarms.map((a) => `<rect x="${x(a.t)}" y="0" width="${Math.max(2, x(a.end ?? run.lasts) - x(a.t))}" height="4" style="fill:var(--${a.critical ? 'critical' : 'mild'})"/>`).join('');
    overview.innerHTML = `<svg viewBox="0 0 ${width} 34" aria-hidden="true"><rect x="0" y="0.5" width="${width}" height="33" style="fill:var(--card);stroke:var(--line)"/>` +
      `<path class="trace" style="stroke:var(--soft);stroke-width:1.5" d="${d}"/>${ticks}` +
      `<rect id="window" y="1" height="32" rx="3" style="fill:var(--select);fill-opacity:0.16;stroke:var(--select);stroke-width:1.5"/></svg>`;
  }
  const box = document.getElementById('window');
  box.setAttribute('x', x(view.t0) + 1);
  box.setAttribute('width', Math.max(6, x(view.t1) - x(view.t0) - 2));
  const whole = view.t0 <= 0 && view.t1 >= run.lasts;
  document.querySelector('[data-do="all"]').disabled = whole;
  document.querySelector('[data-do="out"]').disabled = whole;
  document.querySelector('[data-do="earlier"]').disabled = view.t0 <= 0;
  document.querySelector('[data-do="later"]').disabled = view.t1 >= run.lasts;
}
function wireToolbar() {
  const acts = {
    earlier: () => pan(-0.5), later: () => pan(0.5), in: () => zoom(0.5), out: () => zoom(2),
    hour: () => showSpan(HOUR), day: () => showSpan(DAY), week: () => showSpan(7 * DAY), all: () => setView(0, run.lasts),
  };
  const spans = { hour: HOUR, day: DAY, week: 7 * DAY };
  for (const button of document.querySelectorAll('#toolbar [data-do]')) {
    const act = button.dataset.do;
    button.hidden = act in spans && spans[act] >= run.lasts;
    button.addEventListener('click', acts[act]);
  }
  const move = (event) => {
    const box = overview.getBoundingClientRect();
    const t = (event.clientX - box.left) / box.width * run.lasts, half = (view.t1 - view.t0) / 2;
    const middle = Math.max(half, Math.min(run.lasts - half, t));
    setView(middle - half, middle + half);
  };
  overview.addEventListener('pointerdown', (event) => { overview.setPointerCapture(event.pointerId); move(event); });
  overview.addEventListener('pointermove', (event) => { if (event.buttons) move(event); });
  document.getElementById('toolbar').hidden = false;
  document.getElementById('chart-help').hidden = false;
}
function wireTheme() {
  const button = document.getElementById('theme');
  const root = document.documentElement;
  const dark = () => (root.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  const show = () => { button.textContent = dark() ? 'Light' : 'Dark'; };
  button.addEventListener('click', () => { root.dataset.theme = dark() ? 'light' : 'dark'; show(); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
  button.hidden = false;
  show();
}

const MAKERS = { cumulative, difference, flow, dose, concentration, reservoir, boluses, lane, spine, levels, effects, sides, bands, bandEffects };
wireTheme();
wireToolbar();
for (const figure of document.querySelectorAll('figure.chart')) {
  charts.push(new Chart(figure, MAKERS[figure.dataset.chart](Number(figure.dataset.drug))));
}
drawToolbar();
for (const chart of charts) chart.update();
function drawAll(forPrint) {
  printing = forPrint;
  for (const chart of charts) {
    chart.stale = true;
    chart.update();
  }
}
window.addEventListener('beforeprint', () => drawAll(true));
window.addEventListener('afterprint', () => drawAll(false));
