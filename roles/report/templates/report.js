/* SPDX-License-Identifier: GPL-3.0-or-later */
(() => {
  'use strict';
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const box = document.getElementById('filter');
  const form = box.querySelector('form');
  const opened = new Set();
  const rows = all('#findings tbody tr, .checks tbody tr').map((row) => {
    const home = row.closest('[data-host]').dataset;
    const text = `${row.textContent} ${home.host} ${home.platform}`.toLowerCase();
    return { row, text, status: row.className, host: home.host, platform: home.platform };
  });
  const total = all('.checks tbody tr').length;

  const hideEmpty = (selector) => all(selector).forEach((part) => {
    part.hidden = !part.querySelector('tbody tr:not([hidden])');
  });

  const apply = () => {
    const given = new FormData(form);
    const statuses = given.getAll('status');
    const words = (given.get('text') || '').toLowerCase().split(/\s+/).filter(Boolean);
    const platform = given.get('platform');
    const host = given.get('host');
    const active = statuses.length + words.length > 0 || Boolean(platform || host);
    rows.forEach((one) => {
      one.row.hidden = (statuses.length > 0 && !statuses.includes(one.status))
        || Boolean(platform && one.platform !== platform) || Boolean(host && one.host !== host)
        || !words.every((word) => one.text.includes(word));
    });
    hideEmpty('.area, .machine, #findings table');
    all('.area').forEach((area) => {
      if (active && !area.hidden && !area.open) {
        area.open = true;
        opened.add(area);
      } else if (!active && opened.delete(area)) {
        area.open = false;
      }
    });
    const left = all('.checks tbody tr:not([hidden])').length;
    document.getElementById('shown').textContent = active ? `Shown: ${left} of ${total} checks` : '';
  };

  form.addEventListener('input', apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(apply));
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') form.reset();
  });

  // Paper cannot be unfolded. Browsers without ::details-content need this.
  let folded = [];
  window.addEventListener('beforeprint', () => {
    folded = all('.area:not([open])');
    folded.forEach((area) => { area.open = true; });
  });
  window.addEventListener('afterprint', () => folded.forEach((area) => { area.open = false; }));

  box.hidden = false;
  box.open = window.matchMedia('(min-width: 46rem)').matches;
})();
