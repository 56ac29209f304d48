/** Of the drawing of who asked whom: three stations, and a row for each call, with a line from the one to the other. */
export const storyStyle = `
.story { display: flex; flex-direction: column; gap: .6rem; min-height: 0; }
.stations, #story li { display: grid; grid-template-columns: 6.375rem minmax(0, 1fr) minmax(0, 1fr); }
.stations { font-size: .8125rem; font-weight: 600; padding-bottom: .5rem; border-bottom: 1px solid var(--line); grid-template-columns: 6.375rem repeat(3, minmax(0, 1fr)); padding-right: .75rem; }
.stations span { white-space: nowrap; display: flex; flex-direction: column; gap: .3rem; align-items: flex-start; }
.stations span:nth-child(1) { grid-column: 2; }
.stations span:nth-child(2) { align-items: center; }
.stations span:nth-child(3) { align-items: flex-end; }
.stations span::before { content: ""; width: .7rem; height: .7rem; border-radius: 50%; border: 2px solid var(--quiet); background: var(--card); order: 1; }
.stations .asked::before { border-color: var(--accent); background: var(--accent); }
#story { list-style: none; margin: 0; padding: 0 .75rem 0 0; height: 20rem; overflow: hidden auto; scrollbar-gutter: auto; }
#story li { position: relative; padding: .35rem 0 .1rem; border-top: 1px solid var(--soft); }
#story li:first-child { border-top: 0; }
#story .when { grid-column: 1; grid-row: 1 / span 2; font-size: .75rem; line-height: 1.5; color: var(--quiet); font-variant-numeric: tabular-nums; }
#story .answer { display: block; white-space: nowrap; color: var(--ink); font-weight: 600; }
#story .good .answer { color: var(--accent); }
#story .bad .answer { color: var(--bad); }
#story .busy .answer { color: var(--warn); }
#story .what { font-size: .8125rem; line-height: 1.4; grid-row: 1; grid-column: 2 / -1; min-width: 0; }
#story .from-service .what { grid-column: 3; }
#story .what b { font-weight: 600; display: block; }
#story code { color: var(--quiet); font-size: .75rem; display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#story .wire { grid-row: 2; grid-column: 2 / -1; height: .75rem; position: relative; margin: 0 .3rem; color: var(--quiet); }
#story .wire::before { /* the stations */
  content: ""; position: absolute; inset: 50% -.15rem auto; height: .3rem; margin-top: -.15rem;
  background:
    radial-gradient(circle at .15rem 50%, var(--line) .14rem, transparent .16rem),
    radial-gradient(circle at 50% 50%, var(--line) .14rem, transparent .16rem),
    radial-gradient(circle at calc(100% - .15rem) 50%, var(--line) .14rem, transparent .16rem);
}
#story .line { position: absolute; top: 50%; height: 2px; margin-top: -1px; background: currentColor; border-radius: 2px; }
#story .line::after { /* its head */
  content: ""; position: absolute; right: 0; top: 50%; width: .4rem; height: .4rem; border: solid currentColor; border-width: 2px 2px 0 0;
  transform: translateY(-50%) rotate(45deg);
}
#story .from-page .line { left: .1rem; }
#story .from-service .line { left: calc(50% + .1rem); }
#story .to-service .line { right: calc(50% + .25rem); }
#story .to-tenant .line { right: .1rem; }
#story .from-tenant .line { left: .1rem; right: .1rem; }
#story .from-tenant .line::after { right: auto; left: 0; transform: translateY(-50%) rotate(225deg); }
#story .good .wire { color: var(--accent); }
#story .bad .wire { color: var(--bad); }
#story .busy .wire { color: var(--warn); }
#story .pending .line { background: repeating-linear-gradient(90deg, currentColor 0 6px, transparent 6px 10px); background-size: 20px; animation: run .6s linear infinite; }
#story li { animation: appear .25s ease-out; }
@keyframes run { to { background-position: 20px; } }
@keyframes appear { from { opacity: 0; } }
@media (min-width: 70rem) { #story { height: auto; flex: 1 1 0; min-height: 12rem; } }
@media (max-width: 30rem) {
  .stations { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .stations span:nth-child(1) { grid-column: 1; }
  #story li { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  #story .when { grid-column: 1 / -1; grid-row: auto; display: flex; justify-content: space-between; }
  #story .answer { display: inline; }
  #story .what, #story .from-service .what { grid-row: auto; grid-column: 1 / -1; }
  #story .from-service .what { grid-column: 2 / -1; }
  #story .wire { grid-row: auto; grid-column: 1 / -1; }
}
`;
