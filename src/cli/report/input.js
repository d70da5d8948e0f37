// Mouse, touch and keyboard on a chart.
function listen(chart) {
  const plot = chart.plot;
  const fingers = new Map();
  let start = null;  // {x, shift, t0, t1, distance, middle}

  const xOf = (event) => event.clientX - plot.getBoundingClientRect().left;
  const pointAt = (event) => chart.spec.pointAt?.(event.clientY - plot.getBoundingClientRect().top, chart.p);
  const begin = (event) => {
    const xs = [...fingers.values()];
    start = { x: xOf(event), touch: event.pointerType !== 'mouse', move: event.shiftKey, t0: view.t0, t1: view.t1 };
    if (xs.length === 2) {
      start.distance = Math.max(10, Math.abs(xs[0] - xs[1]));
      start.middle = chart.p.t((xs[0] + xs[1]) / 2);
    }
  };
  const showSelection = (a, b) => {
    chart.selection.hidden = false;
    chart.selection.style.left = `${Math.min(a, b)}px`;
    chart.selection.style.width = `${Math.abs(a - b)}px`;
  };

  plot.addEventListener('pointerdown', (event) => {
    if (event.button > 0) return;
    plot.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, xOf(event));
    begin(event);
  });
  plot.addEventListener('pointermove', (event) => {
    const x = xOf(event);
    if (!fingers.has(event.pointerId)) {
      if (event.pointerType !== 'mouse') return;
      setCursor(Math.max(view.t0, Math.min(view.t1, chart.p.t(x))));
      pointAt(event);
      return;
    }
    fingers.set(event.pointerId, x);
    const perPixel = (start.t1 - start.t0) / (chart.p.right - chart.p.left);
    if (fingers.size === 2 && start.distance) {
      const xs = [...fingers.values()];
      const span = (start.t1 - start.t0) * start.distance / Math.max(10, Math.abs(xs[0] - xs[1]));
      const share = ((xs[0] + xs[1]) / 2 - chart.p.left) / (chart.p.right - chart.p.left);
      setView(start.middle - span * share, start.middle + span * (1 - share));
    } else if (start.touch || start.move) {
      const by = Math.max(-start.t0, Math.min(run.lasts - start.t1, (start.x - x) * perPixel));
      setView(start.t0 + by, start.t1 + by);
    } else {
      showSelection(start.x, x);
      setCursor(Math.max(view.t0, Math.min(view.t1, chart.p.t(x))));
    }
  });
  const end = (event) => {
    if (!fingers.delete(event.pointerId) || !start) return;
    const x = xOf(event);
    const still = Math.abs(x - start.x) < 5;
    chart.selection.hidden = true;
    if (event.type === 'pointerup' && still) {
      setCursor(chart.p.t(x));
      pointAt(event);
    }
    if (event.type === 'pointerup' && !still && !start.touch && !start.move) {
      const [a, b] = [chart.p.t(start.x), chart.p.t(x)].sort((p, q) => p - q);
      setView(Math.max(0, a), Math.min(run.lasts, b));
    }
    if (fingers.size) begin(event); else start = null;
  };
  plot.addEventListener('pointerup', end);
  plot.addEventListener('pointercancel', end);
  plot.addEventListener('pointerleave', (event) => {
    if (event.pointerType === 'mouse' && !fingers.size) setCursor(null);
  });
  plot.addEventListener('dblclick', () => setView(0, run.lasts));
  plot.addEventListener('wheel', (event) => {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (sideways || event.shiftKey) {
      event.preventDefault();
      pan((sideways ? event.deltaX : event.deltaY) / 800);
    } else if (event.ctrlKey || event.metaKey || document.activeElement === plot) {
      event.preventDefault();
      zoom(Math.exp(Math.max(-100, Math.min(100, event.deltaY)) / 300), chart.p.t(xOf(event)));
    }
  }, { passive: false });
  plot.addEventListener('keydown', (event) => onKey(chart, event));
  plot.addEventListener('blur', () => setCursor(null));
}

function onKey(chart, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const span = view.t1 - view.t0;
  const small = timeStep(span / 150), large = timeStep(span / 12);
  const at = cursor === null ? view.t0 : cursor;
  let to = null;
  switch (event.key) {
    case 'ArrowRight':
    case 'ArrowLeft': {
      const direction = event.key === 'ArrowRight' ? 1 : -1;
      if (event.shiftKey) to = at + direction * large;
      else if (chart.spec.items) to = chart.stop(direction) ?? at;
      else to = at + direction * small;
      break;
    }
    case 'ArrowUp':
    case 'ArrowDown':
      if (!chart.spec.moveLevel) return;
      chart.spec.moveLevel(event.key === 'ArrowUp' ? 1 : -1);
      to = cursor === null ? view.t1 : cursor;
      break;
    case 'Home': to = view.t0; break;
    case 'End': to = view.t1; break;
    case 'PageUp': pan(-0.5); break;
    case 'PageDown': pan(0.5); break;
    case '+': case '=': zoom(0.5, at); break;
    case '-': case '_': zoom(2, at); break;
    case '0': setView(0, run.lasts); break;
    case 'Escape': setCursor(null); break;
    default: return;
  }
  event.preventDefault();
  if (to === null) return;
  setCursor(to);
  if (cursor < view.t0 || cursor > view.t1) setView(cursor - span / 2, cursor + span / 2);
  chart.update();
  document.getElementById('live').textContent = chart.spoken();
}
