/** The style of the service's pages, in light and dark. */
export const pageStyle = `
:root {
  --ground: #f4f5f2; --card: #ffffff; --ink: #1b2420; --quiet: #5c6862; --line: #dde1db;
  --accent: #00713d; --accent-ink: #ffffff; --bad: #b3261e; --radius: 14px;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #111614; --card: #1a211e; --ink: #e8ede9; --quiet: #9aa6a0; --line: #2c3531;
    --accent: #3ecf8e; --accent-ink: #06281a; --bad: #ff8a80;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main { max-width: 68rem; margin: 0 auto; padding: clamp(1rem, 4vw, 3rem); }
main.narrow { max-width: 30rem; }
main.notice { max-width: 38rem; }
.notice > * { margin: 0 0 1rem; overflow-wrap: anywhere; }
.notice > .card > dl:first-child { margin-top: 0; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem; letter-spacing: -.01em; }
h2 { font-size: .8rem; margin: 0 0 .6rem; color: var(--quiet); font-weight: 600; text-transform: uppercase; letter-spacing: .06em; }
p { margin: 0 0 1rem; }
.quiet { color: var(--quiet); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); padding: 1.25rem; }
a { color: var(--accent); }
button, .button {
  display: inline-block; font: inherit; color: inherit; text-decoration: none; cursor: pointer; background: var(--card);
  border: 1px solid var(--line); border-radius: 10px; padding: .6rem 1rem;
}
button:hover, .button:hover { border-color: var(--accent); }
.main { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); }
:is(a, button, summary):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button[disabled] { opacity: .5; cursor: progress; }
.actions { display: flex; flex-wrap: wrap; gap: .6rem; }
dl { margin: .6rem 0 0; display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .15rem .9rem; font-size: .94rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 26rem) {
  .notice dl { display: block; }
  .notice dd { margin-bottom: .6rem; }
}
ul, ol { margin: 0; padding-left: 1.2rem; }
.bad { color: var(--bad); }
[hidden] { display: none; }
`;
