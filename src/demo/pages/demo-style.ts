/** What the demo's pages have in common, besides the style of all pages. */
export const demoStyle = `
:root { --soft: #eceeea; --warn: #8a5300; --warn-ground: #fdf3e1; --shadow: 0 1px 2px rgb(20 30 25 / .05); --radius: 12px; }
@media (prefers-color-scheme: dark) {
  :root { --soft: #242c29; --warn: #f2b858; --warn-ground: #2b2417; --shadow: none; }
}
body { display: flex; flex-direction: column; overflow-wrap: normal; -webkit-text-size-adjust: 100%; }
main { width: 100%; }
h1 { font-size: 1.5rem; font-weight: 650; margin: 0; text-wrap: balance; }
h2 { font-size: .8125rem; letter-spacing: 0; text-transform: none; margin: 0; }
.bar {
  display: flex; flex-wrap: nowrap; align-items: center; gap: 1rem; justify-content: flex-start;
  min-height: 3.5rem; padding: 0 max(clamp(1rem, 2.5vw, 2rem), calc((100% - 104rem) / 2 + 2rem)); background: var(--card); border-bottom: 1px solid var(--line);
}
.brand { display: flex; align-items: center; gap: .6rem; font-weight: 650; white-space: nowrap; margin-right: auto; }
.brand svg { width: 1.5rem; height: 1.5rem; flex: none; }
.card { box-shadow: var(--shadow); padding: 1.125rem 1.25rem; min-width: 0; }
.badge {
  flex: none; width: 2.25rem; height: 2.25rem; border-radius: 50%; display: grid; place-items: center; font-size: .875rem;
  background: var(--accent); color: var(--accent-ink); font-weight: 650;
}
.groups { display: flex; flex-wrap: wrap; gap: .25rem .375rem; }
.group {
  font-size: .8125rem; line-height: 1.4; padding: .05rem .5rem; border-radius: 999px; background: var(--soft);
  max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
}
button { border-radius: 8px; min-height: 2.5rem; transition: border-color .12s, background-color .12s; }
button:active { background: var(--soft); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.hint { color: var(--quiet); font-size: .8125rem; line-height: 1.4; }
@media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; } }
`;
