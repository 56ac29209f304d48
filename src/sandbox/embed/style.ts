/**
 * A chart's looks. Text has the page's colour; the page may set `--chart-color`, or has an `--accent`.
 */
export const STYLE = `
:host {
  --color: var(--chart-color, var(--accent, #1f6f54));
  display: block;
  min-width: 0;
  font: 14px/1.45 system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :host { --color: var(--chart-color, var(--accent, #6cc5a1)); }
}
figure, p { margin: 0; }
p { padding: 2rem 1rem; text-align: center; border: 1px dashed currentColor; border-radius: 6px; opacity: 0.75; }
figcaption { font-weight: 600; margin-bottom: 0.25rem; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
text { fill: currentColor; font-size: 12px; }
text.number { font-size: 44px; font-weight: 650; letter-spacing: -0.02em; }
text.value { font-weight: 600; }
.quiet { opacity: 0.7; }
.grid { stroke: currentColor; opacity: 0.16; }
.bar { fill: var(--color); }
.line { fill: none; stroke: var(--color); stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
.area { fill: var(--color); opacity: 0.12; }
.dot { fill: var(--color); }
details { margin-top: 0.5rem; font-size: 13px; }
summary { cursor: pointer; opacity: 0.75; }
table { border-collapse: collapse; margin-top: 0.35rem; }
th, td { padding: 0.15rem 1rem 0.15rem 0; text-align: left; font-weight: 400; }
thead th { font-weight: 600; border-bottom: 1px solid currentColor; }
td { text-align: right; font-variant-numeric: tabular-nums; padding-right: 0; }
`;
