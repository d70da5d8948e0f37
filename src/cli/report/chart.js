// One chart: a figure with legend, plot and table, drawn as SVG for the part of the run in view. All charts share
// one view and one cursor.
const view = { t0: 0, t1: run.lasts };
const SHORTEST_VIEW = 10e3;
const charts = [];
let cursor = null;  // instant, or null
let printing = false;
const PRINT_WIDTH = 700;  // of a chart on paper, where it is stretched to the page

function setView(t0, t1) {
  const span = Math.min(run.lasts, Math.max(SHORTEST_VIEW, t1 - t0));
  view.t0 = Math.min(Math.max(0, t0 + (t1 - t0 - span) / 2), run.lasts - span);
  view.t1 = view.t0 + span;
  for (const chart of charts) chart.stale = true;
  redrawSoon();
}
function zoom(factor, around = (view.t0 + view.t1) / 2) {
  setView(around - (around - view.t0) * factor, around + (view.t1 - around) * factor);
}
function pan(share) {
  const by = (view.t1 - view.t0) * share;
  const kept = Math.max(-view.t0, Math.min(run.lasts - view.t1, by));
  setView(view.t0 + kept, view.t1 + kept);
}
function showSpan(span) {
  const middle = cursor === null ? (view.t0 + view.t1) / 2 : cursor;
  setView(middle - span / 2, middle + span / 2);
}
function setCursor(t) {
  cursor = t === null ? null : Math.min(run.lasts, Math.max(0, t));
  redrawSoon();
}
function withSeconds() {
  return view.t1 - view.t0 < 30 * MINUTE;
}

let frame = 0;
function redrawSoon() {
  if (!frame) frame = requestAnimationFrame(redraw);
}
function redraw() {
  frame = 0;
  drawToolbar();
  for (const chart of charts) if (chart.inSight) chart.update();
}

function timeTicks(width) {
  const step = timeStep((view.t1 - view.t0) / Math.max(2, width / 96));
  const ticks = [];
  if (step >= DAY) {
    const stride = step / DAY;
    const last = clock.dayNumber(view.t1);
    for (let day = clock.dayNumber(view.t0); day <= last; ++day) {
      if ((day - 1) % stride === 0) ticks.push(clock.instant((clock.firstDay + day - 1) * DAY));
    }
  } else {
    const last = clock.local(view.t1);
    for (let local = Math.ceil(clock.local(view.t0) / step) * step; local <= last; local += step) {
      ticks.push(clock.instant(local));
    }
  }
  const inView = ticks.filter((t, i) => t >= view.t0 && t <= view.t1 && t !== ticks[i - 1]);
  return { step, ticks: inView };
}

/** Of a text in a plot, in pixels, rather too much than too little. */
function textWidth(text) {
  return text.length * 7.2;
}
/** A word under the axis: centred on its tick, but inside the chart; nothing when it would touch the one before. */
function axisLabel(p, x, y, text, ends) {
  const half = textWidth(text) / 2;
  const middle = Math.max(p.left - 20 + half, Math.min(p.right + 12 - half, x));
  if (middle - half < (ends[y] ?? -Infinity) + 8) return '';
  ends[y] = middle + half;
  return `<text x="${middle}" y="${y}" text-anchor="middle">${text}</text>`;
}
/** A midnight so near to the first tick that only one of them can bear a date. */
function midnightNear(p, [first, ...later]) {
  return later.some((t) => clock.local(t) % DAY === 0 && p.x(t) - p.x(first) < textWidth('day 10 · 2026-03-03'));
}
function timeAxis(p) {
  const { step, ticks } = timeTicks(p.right - p.left);
  const ends = {};
  let svg = '';
  ticks.forEach((t, i) => {
    const x = Math.round(p.x(t));
    svg += `<path class="grid" d="M${x} ${p.top}V${p.bottom}"/>`;
    const date = clock.date(t).slice(p.narrow ? 5 : 0);
    svg += axisLabel(p, x, p.bottom + 15, step >= DAY ? `day ${clock.dayNumber(t)}` : clock.time(t, step < MINUTE), ends);
    if (step >= DAY) svg += axisLabel(p, x, p.bottom + 30, date, ends);
    else if (i === 0 ? !midnightNear(p, ticks) : clock.local(t) % DAY === 0) {
      svg += axisLabel(p, x, p.bottom + 30, `day ${clock.dayNumber(t)} · ${date}`, ends);
    }
  });
  return svg;
}

function valueAxis(p, [low, high], unit) {
  const step = niceStep((high - low) / Math.max(1.5, (p.bottom - p.top) / 34));
  const places = decimalsOfStep(step);
  let svg = '';
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; ++k) {
    const y = Math.round(p.y(k * step));
    svg += `<path class="grid" d="M${p.left} ${y}H${p.right}"/>` +
      `<text x="${p.left - 7}" y="${y + 4}" text-anchor="end">${decimals(k * step, places)}</text>`;
  }
  return `${svg}<text x="${p.left - 7}" y="${p.top - 8}" text-anchor="end">${escapeText(unit)}</text>`;
}

function decadeAxis(p, [low, high], unit) {
  let svg = '';
  for (let e = Math.round(Math.log10(low)); 10 ** e <= high * 1.001; ++e) {
    const y = Math.round(p.y(10 ** e));
    svg += `<path class="grid" d="M${p.left} ${y}H${p.right}"/><text x="${p.left - 7}" y="${y + 4}" text-anchor="end">${number(10 ** e, 1)}</text>`;
  }
  return `${svg}<text x="2" y="${p.top - 13}">${escapeText(unit)}</text>`;
}

function changeLines(p) {
  let svg = '', labelled = -Infinity;
  for (const change of run.changes) {
    if (change.t < view.t0 || change.t > view.t1) continue;
    const x = Math.round(p.x(change.t));
    svg += `<path class="change" d="M${x} ${p.top}V${p.bottom}"/>`;
    if (x - labelled < 24 || x > p.right - 20) continue;
    svg += `<text x="${x + 3}" y="${p.top - 17}">℞ ${change.number}</text>`;
    labelled = x;
  }
  return svg;
}

function swatch(series) {
  return `<svg viewBox="0 0 26 14" aria-hidden="true"><path class="trace ${series.look || ''}" style="stroke:var(--${series.color})" d="M0 7H26"/></svg>`;
}

class Chart {
  /**
   * spec: height(narrow), unit(), series(), range(t0, t1), under(p), over(p), table(t0, t1), and for charts of
   * single things items: [{t, end, text}]. choices: buttons. log: a logarithmic scale. For a map: paint(canvas, p)
   * behind it, axis(p), beside(narrow): room at its right, atCursor(p), pointAt(y, p), moveLevel(direction), say().
   */
  constructor(figure, spec) {
    this.figure = figure;
    this.spec = spec;
    this.title = figure.querySelector('h3').textContent;
    this.stale = true;
    this.inSight = true;
    this.build();
    new ResizeObserver(() => { this.stale = true; redrawSoon(); }).observe(this.plot);
    new IntersectionObserver(([entry]) => {
      this.inSight = entry.isIntersecting;
      if (this.inSight) redrawSoon();
    }, { rootMargin: '300px' }).observe(figure);
  }

  build() {
    const bar = document.createElement('div');
    bar.className = 'bar';
    bar.innerHTML = '<ul class="legend"></ul><div class="choices"></div>';
    this.legend = bar.firstChild;
    this.choices = bar.lastChild;
    this.near = document.createElement('p');
    this.near.className = 'near';
    this.near.hidden = !this.spec.items?.length;
    this.plot = document.createElement('div');
    this.plot.className = 'plot';
    this.plot.tabIndex = 0;
    this.plot.setAttribute('role', 'application');
    this.plot.setAttribute('aria-roledescription', 'chart');
    this.plot.setAttribute('aria-label', `${this.title}. ${this.figure.querySelector('.sentence').textContent}`);
    this.plot.setAttribute('aria-describedby', 'chart-help');
    this.plot.innerHTML = '<svg aria-hidden="true"></svg><div class="selection" hidden></div><div class="cursor" hidden></div>';
    [this.svg, this.selection, this.line] = this.plot.children;
    if (this.spec.paint) {
      this.figure.classList.add('map');
      this.plot.prepend(this.canvas = document.createElement('canvas'));
    }
    this.dots = [];
    this.tableBox = document.createElement('div');
    this.tableBox.className = 'scroll';
    this.tableBox.tabIndex = 0;
    this.tableBox.hidden = true;
    this.figure.append(bar, this.plot, this.near, this.tableBox);
    for (const choice of this.spec.choices || []) this.addChoice(choice);
    this.tableButton = this.addChoice({
      name: 'Table', pressed: () => !this.tableBox.hidden, press: () => { this.tableBox.hidden = !this.tableBox.hidden; },
    });
    listen(this);
  }

  addChoice(choice) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = choice.name;
    button.addEventListener('click', () => {
      choice.press();
      this.stale = true;
      this.showChoices();
      redrawSoon();
    });
    (this.buttons ||= []).push([button, choice]);
    this.choices.append(button);
    this.showChoices();
    return button;
  }
  showChoices() {
    for (const [button, choice] of this.buttons) button.setAttribute('aria-pressed', String(choice.pressed()));
  }

  update() {
    if (this.stale) this.draw();
    this.drawCursor();
  }

  place() {
    const width = printing ? PRINT_WIDTH : Math.max(200, this.plot.clientWidth);
    const narrow = width < 560;
    const height = this.spec.height(narrow);
    const p = { width, height, narrow, left: narrow ? 52 : 66, right: width - 14 - (this.spec.beside?.(narrow) || 0), top: 30, bottom: height - 38 };
    p.x = (t) => p.left + (t - view.t0) / (view.t1 - view.t0) * (p.right - p.left);
    p.t = (x) => view.t0 + (x - p.left) / (p.right - p.left) * (view.t1 - view.t0);
    if (this.spec.range) {
      const range = this.spec.range(view.t0, view.t1);
      p.range = range;
      const scale = this.spec.log ? (value) => Math.log10(Math.max(value, range[0])) : (value) => value;
      const [low, high] = range.map(scale);
      p.y = (value) => p.bottom - (scale(value) - low) / (high - low) * (p.bottom - p.top);
    }
    return p;
  }

  draw() {
    this.stale = false;
    const p = this.p = this.place();
    this.plot.style.height = `${p.height}px`;
    this.svg.setAttribute('viewBox', `0 0 ${p.width} ${p.height}`);
    const clip = `clip-${this.figure.id}`;
    this.series = this.spec.series ? this.spec.series() : [];
    let inside = this.spec.under ? this.spec.under(p) : '';
    for (const s of this.series) {
      const d = tracePath(s.t, s.y, view.t0, view.t1, p.x, p.y, p.right - p.left, s.steps);
      inside += `<path class="trace ${s.look || ''}" style="stroke:var(--${s.color})" d="${d}"/>`;
    }
    const beyond = this.spec.items ? 7 : 0;  // a mark at the edge is shown whole
    this.svg.innerHTML = `<clipPath id="${clip}"><rect x="${p.left - beyond}" y="${p.top - 4}" width="${p.right - p.left + 2 * beyond}" ` +
      `height="${p.bottom - p.top + 8}"/></clipPath>` + timeAxis(p) + this.axis(p) +
      changeLines(p) + `<path class="edge" d="M${p.left} ${p.top}V${p.bottom}H${p.right}"/>` +
      `<g clip-path="url(#${clip})">${inside}</g>` + (this.spec.over ? this.spec.over(p) : '') +
      (this.spec.atCursor ? '<g class="at-cursor"></g>' : '');
    if (this.canvas) {
      Object.assign(this.canvas.style, { left: `${p.left / p.width * 100}%`, width: `${(p.right - p.left) / p.width * 100}%`,
        top: `${p.top / p.height * 100}%`, height: `${(p.bottom - p.top) / p.height * 100}%` });
      this.spec.paint(this.canvas, p);
    }
    if (!this.tableBox.hidden) this.tableBox.innerHTML = tableText(this.title, this.spec.table(view.t0, view.t1));
  }

  axis(p) {
    if (this.spec.axis) return this.spec.axis(p);
    if (!p.range) return '';
    return (this.spec.log ? decadeAxis : valueAxis)(p, p.range, this.spec.unit());
  }

  drawCursor() {
    const p = this.p;
    if (this.spec.atCursor) this.svg.querySelector('.at-cursor').innerHTML = this.spec.atCursor(p);
    const shown = cursor !== null && cursor >= view.t0 && cursor <= view.t1;
    this.line.hidden = !shown;
    if (shown) this.line.style.transform = `translateX(${Math.round(p.x(cursor))}px)`;
    const at = cursor === null ? view.t1 : cursor;
    while (this.dots.length < this.series.length) {
      const dot = document.createElement('div');
      dot.className = 'dot';
      this.plot.append(dot);
      this.dots.push(dot);
    }
    this.dots.forEach((dot, i) => {
      const s = this.series[i];
      const value = s && shown ? valueAt(s.t, s.y, cursor, s.steps) : NaN;
      const y = p.range ? p.y(value) : NaN;
      dot.hidden = !(y >= p.top - 4 && y <= p.bottom + 4);
      if (dot.hidden) return;
      dot.style.background = `var(--${s.color})`;
      dot.style.transform = `translate(${p.x(cursor)}px, ${y}px)`;
    });
    this.legend.innerHTML = this.series.map((s) => {
      const value = valueAt(s.t, s.y, at, s.steps);
      return `<li>${swatch(s)}${escapeText(s.name)} <b>${number(value, s.digits || 4)} ${escapeText(this.spec.unit())}</b></li>`;
    }).join('') + (this.spec.keys ? this.spec.keys() : '') +
      (this.series.length && cursor === null ? '<li class="soft">at the end of the time in view</li>' : '');
    if (this.spec.items) {
      const near = this.itemsNear();
      this.near.classList.toggle('soft', near.length === 0);
      this.near.textContent = near.length ? near.slice(0, 3).join(' · ') + (near.length > 3 ? ` · and ${near.length - 3} more` : '') :
        cursor === null ? 'Point at a mark, or use the arrow keys, to read it.' : 'Nothing at this time.';
    }
  }

  itemsNear() {
    if (cursor === null || !this.p) return [];
    const reach = 7 * (view.t1 - view.t0) / (this.p.right - this.p.left);
    return this.spec.items.filter((item) => item.t - reach <= cursor && (item.end ?? item.t) + reach >= cursor)
      .map((item) => `${clock.day(item.t, withSeconds())}: ${item.text}`);
  }

  /** What a screen reader hears when the keyboard moves the cursor. */
  spoken() {
    const when = `${clock.weekday(cursor)}, ${clock.day(cursor, withSeconds())}`;
    if (this.spec.say) return `${when}: ${this.spec.say()}`;
    if (this.spec.items) return `${when}. ${this.itemsNear().join('. ') || 'Nothing at this time'}`;
    return `${when}: ` + this.series.map((s) => `${s.name} ${number(valueAt(s.t, s.y, cursor, s.steps))} ${this.spec.unit()}`).join(', ');
  }

  /** The next or last thing before the cursor, for charts of single things. */
  stop(direction) {
    const at = cursor === null ? (direction > 0 ? -Infinity : Infinity) : cursor;
    let best = null;
    for (const { t } of this.spec.items) {
      if (direction > 0 ? t > at && (best === null || t < best) : t < at && (best === null || t > best)) best = t;
    }
    return best;
  }
}

function tableText(title, { head, rows, more }) {
  const cell = (tag, content, i) => {
    const isText = typeof content === 'string';
    const kind = i === 0 ? '' : isText && tag === 'td' ? (content.length > 40 ? ' class="text"' : '') : tag === 'td' ? ' class="number"' : '';
    return `<${i === 0 && tag === 'td' ? 'th scope="row"' : tag}${kind}>${escapeText(isText ? content : number(content, 6))}</${i === 0 && tag === 'td' ? 'th' : tag}>`;
  };
  return `<table><caption>${escapeText(title)}${more ? `: ${escapeText(more)}` : ''}</caption><thead><tr>` +
    head.map((name) => `<th scope="col">${escapeText(name)}</th>`).join('') + '</tr></thead><tbody>' +
    rows.map((row) => `<tr>${row.map((content, i) => cell('td', content, i)).join('')}</tr>`).join('') + '</tbody></table>';
}

/** Rows of a chart of columns: the samples themselves, or intervals with lowest and highest. */
function seriesTable(series, unit, t0, t1) {
  const MOST_ROWS = 48;
  const ts = series[0].t;
  const from = Math.max(0, indexAt(ts, t0)), to = indexAt(ts, t1);
  const seconds = withSeconds();
  if (to - from < MOST_ROWS) {
    const rows = [];
    for (let i = from; i <= to; ++i) rows.push([clock.full(ts[i], seconds), ...series.map((s) => s.y[i])]);
    return { head: ['Time', ...series.map((s) => `${s.name}, ${unit}`)], rows, more: `all ${counted(rows.length, 'sample')} in view` };
  }
  const rows = [];
  for (let k = 0; k < MOST_ROWS; ++k) {
    const a = t0 + (t1 - t0) * k / MOST_ROWS, b = t0 + (t1 - t0) * (k + 1) / MOST_ROWS;
    const row = [clock.full(a, seconds)];
    for (const s of series) {
      if (s.spiky) row.push(...(extremes(s.t, s.y, a, b - 1) || [NaN, NaN]));
      else row.push(valueAt(s.t, s.y, a, s.steps));
    }
    rows.push(row);
  }
  rows.push([clock.full(t1, seconds), ...series.flatMap((s) => {
    const value = valueAt(s.t, s.y, t1, s.steps);
    return s.spiky ? [value, value] : [value];
  })]);
  const head = ['From', ...series.flatMap((s) => (s.spiky ? [`${s.name} lowest, ${unit}`, `highest, ${unit}`] : [`${s.name}, ${unit}`]))];
  return { head, rows, more: `${MOST_ROWS} intervals of the time in view` };
}
