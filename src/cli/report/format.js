// Numbers and times in words. No number printed ends in a zero after its point, none begins with the point.
const MINUTE = 60e3, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

function withoutEndingZeros(text) {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
function decimals(value, places) {
  const text = withoutEndingZeros(value.toFixed(Math.max(0, Math.min(12, places))));
  return text === '-0' ? '0' : text.replace('-', '−');
}
/** `digits` significant ones; digits before the point are all kept. */
function number(value, digits = 4) {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  return decimals(value, digits - 1 - Math.floor(Math.log10(Math.abs(value)) + 1e-12));
}
function escapeText(text) {
  return String(text).replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);
}
function twoDigits(n) {
  return String(n).padStart(2, '0');
}
function counted(n, one, many) {
  return `${n} ${n === 1 ? one : many || one + 's'}`;
}

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** The patient's wall clock: `changes` are [instant, what it shows then], in order. */
class Clock {
  constructor(start, changes) {
    this.pieces = [[0, start], ...changes];
    this.firstDay = Math.floor(start / DAY);
  }
  local(t) {
    let piece = this.pieces[0];
    for (const next of this.pieces) if (next[0] <= t) piece = next;
    return piece[1] + t - piece[0];
  }
  /** When the clock shows `local`: the first time in a repeated hour, the end of a skipped one. */
  instant(local) {
    for (let i = 0; i < this.pieces.length; ++i) {
      const [at, shows] = this.pieces[i];
      const t = at + local - shows;
      if (t < at && i > 0) return at;
      if (i + 1 === this.pieces.length || t < this.pieces[i + 1][0]) return t;
    }
    return local;
  }
  time(t, seconds = false) {
    const of = new Date(this.local(t));
    const text = `${twoDigits(of.getUTCHours())}:${twoDigits(of.getUTCMinutes())}`;
    return seconds ? `${text}:${twoDigits(of.getUTCSeconds())}` : text;
  }
  date(t) {
    return new Date(this.local(t)).toISOString().slice(0, 10);
  }
  weekday(t) {
    return WEEKDAYS[new Date(this.local(t)).getUTCDay()];
  }
  dayNumber(t) {
    return Math.floor(this.local(t) / DAY) - this.firstDay + 1;
  }
  /** "day 2 14:05" */
  day(t, seconds = false) {
    return `day ${this.dayNumber(t)} ${this.time(t, seconds)}`;
  }
  /** "day 2 14:05 (2026-03-03)" */
  full(t, seconds = false) {
    return `${this.day(t, seconds)} (${this.date(t)})`;
  }
}

/** Steps of an axis of time, and when a step is worth seconds. */
const TIME_STEPS = [1e3, 5e3, 15e3, 30e3, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR,
  6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 4 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 56 * DAY, 112 * DAY, 364 * DAY];
function timeStep(wanted) {
  return TIME_STEPS.find((step) => step >= wanted) || TIME_STEPS[TIME_STEPS.length - 1];
}
/** 1, 2 or 5 times a power of ten, not below `wanted`. */
function niceStep(wanted) {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const factor = [1, 2, 5, 10].find((f) => f * power >= wanted * (1 - 1e-9));
  return factor * power;
}
function decimalsOfStep(step) {
  return Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
}
