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
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem; letter-spacing: -.01em; }
h2 { font-size: .8rem; margin: 0 0 .6rem; color: var(--quiet); font-weight: 600; text-transform: uppercase; letter-spacing: .06em; }
p { margin: 0 0 1rem; }
.quiet { color: var(--quiet); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); padding: 1.25rem; }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); margin: 1.5rem 0; }
header { display: flex; flex-wrap: wrap; gap: 1rem; justify-content: space-between; align-items: start; }
header > div { flex: 1 1 20rem; }
.charts { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); margin-top: .5rem; }
.charts .card { min-height: 8rem; min-width: 0; }
.kpi { grid-column: 1 / -1; min-height: 7rem; }
.wide { grid-column: 1 / -1; }
.people { display: grid; gap: .6rem; margin-top: 1.5rem; }
a { color: var(--accent); }
button, .button {
  display: inline-block; font: inherit; color: inherit; text-decoration: none; cursor: pointer; background: var(--card);
  border: 1px solid var(--line); border-radius: 10px; padding: .6rem 1rem;
}
button:hover, .button:hover { border-color: var(--accent); }
.main { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); }
:is(a, button, summary):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button[disabled] { opacity: .5; cursor: progress; }
.person { display: flex; gap: .9rem; align-items: center; text-align: left; width: 100%; padding: .8rem 1rem; }
.person strong, .person small { display: block; }
.person small { color: var(--quiet); font-size: .9rem; }
.badge {
  flex: none; width: 2.6rem; height: 2.6rem; border-radius: 50%; display: grid; place-items: center;
  background: var(--accent); color: var(--accent-ink); font-weight: 650;
}
.big { font-size: 1.5rem; font-weight: 650; line-height: 1.25; overflow-wrap: anywhere; }
.actions { display: flex; flex-wrap: wrap; gap: .6rem; }
dl { margin: .6rem 0 0; display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .15rem .9rem; font-size: .94rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
ul, ol { margin: 0; padding-left: 1.2rem; }
meter { width: 100%; height: .6rem; margin-top: .6rem; }
.bad { color: var(--bad); }
[hidden] { display: none; }
`;
