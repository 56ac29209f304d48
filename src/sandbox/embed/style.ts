/**
 * A chart's looks. It fills its place on the page when that has a height, and else is as high as it needs. Text has the
 * page's colour; the page may set `--chart-color`, or has an `--accent`.
 */
export const STYLE = `
:host {
  --color: var(--chart-color, var(--accent, #1f6f54));
  --soft: color-mix(in srgb, currentColor 10%, transparent);
  display: block;
  box-sizing: border-box;
  min-width: 0;
  height: 100%;
  font: 14px/1.45 system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :host { --color: var(--chart-color, var(--accent, #6cc5a1)); }
}
* { box-sizing: border-box; }
[hidden] { display: none; }
figure, .no-picture { margin: 0; height: 100%; min-width: 0; display: flex; flex-direction: column; position: relative; }
figcaption { font-weight: 600; margin-bottom: 0.5rem; padding-right: 6.5rem; line-height: 1.35; }
figure:not(:has(details)) figcaption { padding-right: 0; }
.plot { position: relative; flex: 1 1 0; overflow: hidden auto; min-height: 15rem; }
.plot.kpi, .plot.none { min-height: 3.25rem; }
.canvas { position: absolute; inset: 0 0 auto; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
text { fill: currentColor; }
text:not(.number) { font-size: 12px; }
.barchart text:not(.number) { font-size: 13px; }
text.number { font-weight: 650; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.unit { font-weight: 450; opacity: 0.75; }
text.value { font-weight: 600; font-variant-numeric: tabular-nums; }
text.quiet { opacity: 0.78; }
.grid { stroke: currentColor; opacity: 0.14; }
.guide { stroke: currentColor; opacity: 0; }
.guide.active { opacity: 0.4; }
.track { fill: currentColor; opacity: 0.06; }
.bar { fill: var(--color); }
.bar.active { stroke: currentColor; stroke-width: 1.5; }
.line { fill: none; stroke: var(--color); stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
.area { fill: var(--color); opacity: 0.1; }
.dot { fill: var(--color); }
.dot.active { stroke: currentColor; stroke-width: 2; }
.spots { position: absolute; inset: 0; height: 100%; }
.spot { fill: transparent; outline: none; }
.spot:focus-visible { stroke: var(--color); stroke-width: 2; }
.tip {
  position: absolute; z-index: 1; transform: translateX(-50%); width: max-content; max-width: min(16rem, 100%);
  padding: 0.35rem 0.6rem; border-radius: 6px; background: #17201c; color: #fff; font-size: 13px; line-height: 1.35;
  pointer-events: none; box-shadow: 0 2px 8px rgb(0 0 0 / 0.25);
}
.tip[hidden] { display: none; }
.tip span, .tip strong { display: block; }
.tip span { color: #cdd6d1; }
.tip strong { font-variant-numeric: tabular-nums; }
details { position: absolute; inset: 0 0 auto auto; max-width: 100%; }
details[open] { position: absolute; inset: 0; pointer-events: none; }
details[open] > * { pointer-events: auto; }
summary {
  position: absolute; top: 0; right: 0; cursor: pointer; font-size: 13px; list-style: none; white-space: nowrap;
  padding: 0 0.5rem; border-radius: 5px; background: var(--soft);
}
details:not([open]) summary { position: static; }
summary::-webkit-details-marker { display: none; }
summary:hover { text-decoration: underline; }
summary:focus-visible { outline: 2px solid var(--color); outline-offset: 2px; }
figure:has(details[open]) .plot { visibility: hidden; }
.table { position: absolute; inset: 2rem 0 0; overflow: auto; font-size: 13px; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 0.2rem 0.75rem 0.2rem 0; text-align: left; font-weight: 400; border-bottom: 1px solid var(--soft); }
thead th { font-weight: 600; position: sticky; top: 0; background: var(--chart-ground, var(--card, Canvas)); }
thead th:last-child, td { text-align: right; font-variant-numeric: tabular-nums; padding-right: 0; }
.no-picture .name { height: 0.9rem; width: 45%; margin: 0.25rem 0 0.8rem; border-radius: 4px; background: var(--soft); flex: none; }
.no-picture .plot { display: grid; place-items: center; border-radius: 8px; background: var(--soft); padding: 0.75rem; }
.no-picture p { margin: 0; text-align: center; font-size: 13px; text-wrap: balance; }
:host([aria-busy="true"]) .name, :host([aria-busy="true"]) .plot { animation: breathe 1.8s ease-in-out infinite; }
@keyframes breathe { 50% { opacity: 0.6; } }
@media (prefers-reduced-motion: reduce) {
  :host([aria-busy="true"]) .name, :host([aria-busy="true"]) .plot { animation: none; }
}
`;
