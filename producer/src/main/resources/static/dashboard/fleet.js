// What the server cannot do: the chart, words after a click, and pictures that are gone.
(() => {
  'use strict';

  // A form's values as the JSON API wants them.
  htmx.defineExtension('fleet-json', {
    onEvent: (name, event) => {
      if (name === 'htmx:configRequest') {
        event.detail.headers['Content-Type'] = 'application/json';
      }
    },
    encodeParameters: (xhr, parameters, element) => {
      const { body, wrap } = element.dataset;
      if (body) {
        return body;
      }
      if (wrap) {
        return JSON.stringify({ [wrap]: JSON.parse(parameters.get('edit')) });
      }
      return JSON.stringify(Object.fromEntries(parameters));
    },
  });

  // --- words after a click
  const toast = document.getElementById('toast');
  let fading;
  const say = (text, failed) => {
    toast.textContent = text;
    toast.classList.toggle('is-failed', failed);
    toast.hidden = false;
    clearTimeout(fading);
    fading = setTimeout(() => { toast.hidden = true; }, failed ? 8000 : 3000);
  };
  const detail = xhr => {
    try {
      return JSON.parse(xhr.responseText).detail;
    } catch (e) {
      return null;
    }
  };
  const answered = event => {
    const { said, then } = event.detail.elt.dataset;
    if (!event.detail.successful) {
      say(detail(event.detail.xhr) || document.body.dataset.failed, true);
    } else if (said) {
      say(said, false);
      if (then) {
        location.assign(then);
      }
    }
  };
  // On the element itself: an update may have taken it off the page before the answer comes, and
  // then no event of it reaches the document.
  document.addEventListener('htmx:beforeRequest', event => {
    event.detail.elt.addEventListener('htmx:afterRequest', answered, { once: true });
  });

  // What is no JSON is told before it is sent.
  document.addEventListener('htmx:configRequest', event => {
    const { wrap, unreadable } = event.detail.elt.dataset;
    if (wrap) {
      try {
        JSON.parse(event.detail.parameters.edit);
      } catch (e) {
        event.preventDefault();
        say(unreadable + ': ' + e.message, true);
      }
    }
  });

  // An update must not take away a button between press and release: it waits for the release.
  let pressed = false;
  const held = new Map();
  document.addEventListener('pointerdown', () => { pressed = true; });
  for (const end of ['pointerup', 'pointercancel']) {
    document.addEventListener(end, () => setTimeout(() => {
      pressed = false;
      held.forEach((html, part) => htmx.swap(part, html, { swapStyle: 'innerHTML' }));
      held.clear();
    }));
  }
  document.addEventListener('htmx:sseBeforeMessage', event => {
    if (pressed) {
      held.set(event.target, event.detail.data);
      event.preventDefault();
    }
  });

  // --- pictures that the store no longer has
  document.addEventListener('error', event => {
    if (event.target.matches && event.target.matches('img, video')) {
      event.target.classList.add('gone');
    }
  }, true);

  // --- the chart: drawn from the table beside it, which is what the server updates
  const place = document.getElementById('throughput');
  if (!place) {
    return;
  }
  const table = () => document.getElementById(place.dataset.table);
  const read = () => {
    const rows = [...table().tBodies[0].rows];
    const column = at => rows.map(row => Number(row.cells[at].textContent));
    const good = column(1);
    const bad = column(2);
    return [rows.map(row => Number(row.dataset.at)), good.map((n, i) => n + bad[i]), bad];
  };
  const names = [...table().tHead.rows[0].cells].map(cell => cell.textContent);
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  let chart;
  const draw = () => {
    if (chart) {
      chart.destroy();
    }
    const bars = uPlot.paths.bars({ size: [0.7, 24, 1], radius: 0.15 });
    const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 },
      ticks: { show: false }, font: '11px system-ui, sans-serif' };
    const two = n => String(n).padStart(2, '0');
    const clock = s => { const d = new Date(s * 1000); return two(d.getHours()) + ':' + two(d.getMinutes()); };
    chart = new uPlot({
      width: place.clientWidth,
      height: 180,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false }, y: { range: (u, min, max) => [0, Math.max(4, Math.ceil(max * 1.1))] } },
      axes: [
        { ...axis, size: 24, grid: { show: false }, space: 60, incrs: [300, 600, 900, 1200, 1800], values: (u, ticks) => ticks.map(clock) },
        { ...axis, size: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] },
      ],
      series: [
        {},
        { label: names[1], fill: colour('--good'), width: 0, paths: bars, points: { show: false } },
        { label: names[2], fill: colour('--bad'), width: 0, paths: bars, points: { show: false } },
      ],
    }, read(), place);
  };
  draw();
  new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: 180 })).observe(place);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  document.addEventListener('htmx:sseMessage', event => {
    if (event.detail.type === 'throughput') {
      chart.setData(read());
    }
  });
})();
