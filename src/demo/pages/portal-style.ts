import { demoStyle } from './demo-style.ts';
import { storyStyle } from './story-style.ts';

/** Of the portal itself. */
export const portalStyle = `${demoStyle}
main {
  max-width: 104rem; padding: 1.25rem clamp(1rem, 2.5vw, 2rem) 2rem; display: grid; gap: 1rem;
  grid-template-columns: minmax(0, 1fr); align-items: start;
}
.bar .badge { margin-right: -.4rem; }
.who { display: grid; line-height: 1.25; min-width: 0; }
.who strong, .who small { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: .875rem; }
.who small { color: var(--quiet); font-size: .8125rem; }
#sign-out { min-height: 2.25rem; padding: .3rem .85rem; font-size: .875rem; white-space: nowrap; }
.intro { display: grid; gap: .25rem; }
.intro h1 { overflow: hidden; text-overflow: ellipsis; }
.state { margin: 0; color: var(--quiet); font-size: .9375rem; min-height: 6em; padding-left: 1.15rem; position: relative; }
.state::before {
  content: ""; position: absolute; left: 0; top: .45em; width: .6rem; height: .6rem; border-radius: 50%; background: var(--quiet);
}
[data-state="ok"] .state::before { background: var(--accent); }
[data-state="trouble"] .state, [data-state="stopped"] .state { color: var(--warn); }
[data-state="trouble"] .state::before, [data-state="stopped"] .state::before { background: var(--warn); }
#countdown { font-variant-numeric: tabular-nums; }

.seen { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); min-width: 0; }
.behind { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); min-width: 0; }
.card h2 { color: var(--quiet); font-weight: 600; }
.place { position: relative; height: 17rem; }
.kpi .place { height: 7.5rem; }
.placeholder { position: absolute; inset: 0; display: flex; flex-direction: column; }
.place:has(qlik-embed > *) .placeholder { display: none; }
.placeholder .name { width: 45%; height: .9rem; margin: .25rem 0 .8rem; flex: none; }
.placeholder .plot { flex: 1; display: grid; place-items: center; border-radius: 8px; }
.waits { width: 100%; color: var(--ink); font-size: .8125rem; text-align: center; padding: .5rem; text-wrap: balance; }
.bone { background: var(--soft); border-radius: 4px; }
.bones { display: grid; gap: .55rem; margin-top: .5rem; }
.bones .bone { height: .9rem; width: 80%; }
.bones .bone:first-child { height: 1.25rem; width: 60%; }
.bones .bone:last-child:not(:first-child) { width: 45%; }
[data-state="waiting"] .bone, [data-state="trouble"] .bone { animation: breathe 1.8s ease-in-out infinite; }
[data-state="stopped"] .bones, [data-state="stopped"] .placeholder .name { visibility: hidden; }
[data-state="stopped"] .placeholder .plot { background: none; }
@keyframes breathe { 50% { opacity: .55; } }

.me, .spaces, .kpi { height: 9.875rem; }
.me, .spaces { overflow: hidden; display: flex; flex-direction: column; gap: .35rem; }
.big {
  font-size: 1.25rem; font-weight: 650; line-height: 1.25; overflow: hidden; text-overflow: ellipsis;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2;
}
.big[hidden] { display: none; }
#qlik-details { margin: auto 0 0; display: grid; gap: 0; grid-template-columns: minmax(0, 1fr); font-size: .8125rem; line-height: 1.45; }
#qlik-details[hidden] { display: none; }
#qlik-details div { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#qlik-details dt, #qlik-details dd { display: inline; }
#qlik-details dt { color: var(--quiet); }
#qlik-details dd { overflow-wrap: normal; }
#spaces { list-style: none; padding: 0; overflow: auto; flex: 1; }
#spaces li { padding: .3rem 0; border-top: 1px solid var(--line); line-height: 1.35; overflow: hidden; text-overflow: ellipsis; }
#spaces li:first-child { border-top: 0; }
.no-charts { grid-column: 1 / -1; min-height: 19.5rem; display: flex; flex-direction: column; justify-content: center; gap: .75rem; }
.no-charts[hidden], .chart[hidden] { display: none; }
.no-charts h2 { color: var(--ink); font-size: 1.125rem; }
.no-charts p { margin: 0; max-width: 44rem; }
.no-charts ul { list-style: none; padding: 0; }
.happened { display: flex; flex-direction: column; gap: .5rem; }
#log { list-style: none; margin: 0; padding: 0; height: 8.25rem; overflow: auto; font-size: .9375rem; }
#log li { display: grid; grid-template-columns: 5rem minmax(0, 1fr); gap: .5rem; padding: .3rem 0; border-top: 1px solid var(--line); line-height: 1.4; }
#log li:first-child { border-top: 0; }
#log time { color: var(--quiet); font-variant-numeric: tabular-nums; font-size: .8125rem; line-height: 1.615; }
#log span { overflow: hidden; text-overflow: ellipsis; }
/* In place of the row that is cut at the top. */
#log.scrolled::before, #story.scrolled::before {
  content: "↑ earlier"; display: block; position: sticky; top: 0; z-index: 1; height: 1.75rem; margin-bottom: -1.75rem; text-align: center;
  font-size: .75rem; line-height: 1.25rem; color: var(--quiet); background: linear-gradient(var(--card) 75%, transparent); pointer-events: none;
}

.try { display: grid; gap: .6rem; align-content: start; }
.life { display: grid; grid-template-columns: minmax(0, 1fr); align-items: center; gap: .35rem .75rem; padding-bottom: .9rem; margin-bottom: .3rem; border-bottom: 1px solid var(--line); }
.life .big { font-size: 1rem; display: block; white-space: nowrap; text-overflow: clip; font-variant-numeric: tabular-nums; height: 1.5rem; line-height: 1.5rem; }
.life .bones { margin: .3rem 0 0; }
meter { width: 100%; margin: 0; height: .375rem; display: block; -webkit-appearance: none; appearance: none; border: 0; border-radius: 99px; background: var(--soft); overflow: hidden; }
meter::-webkit-meter-inner-element { display: block; height: 100%; }
meter::-webkit-meter-bar { background: var(--soft); border: 0; border-radius: 99px; height: 100%; }
meter::-webkit-meter-optimum-value { background: var(--accent); border-radius: 99px; }
meter::-moz-meter-bar { background: var(--accent); border-radius: 99px; }
.actions { display: grid; gap: .5rem; grid-template-columns: minmax(0, 1fr); }
.actions button { text-align: left; padding: .4rem .875rem; line-height: 1.3; }
.actions button:disabled { color: var(--quiet); cursor: not-allowed; background: var(--soft); border-color: var(--line); }
.actions button[aria-disabled="true"] { color: var(--quiet); cursor: progress; background: var(--soft); border-color: var(--line); }
.actions span { display: block; font-weight: 600; font-size: .9375rem; }
.actions small { display: block; color: var(--quiet); font-size: .8125rem; min-height: 1.3em; }
.actions button[hidden] { display: none; }

@media (min-width: 30rem) { .state { min-height: 3em; } }
@media (min-width: 44rem) {
  .state { min-height: 1.5em; }
  .seen { grid-template-columns: repeat(6, minmax(0, 1fr)); }
  .kpi, .me, .spaces { grid-column: span 2; }
  .chart:not(.kpi) { grid-column: span 3; }
  .happened { grid-column: 1 / -1; }
  .actions { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .life { grid-template-columns: auto minmax(0, 1fr); }
  .life .big { text-align: right; }
  .life .bones { justify-items: end; }
  meter { grid-column: 1 / -1; }
}
@media (min-width: 70rem) {
  main { grid-template-columns: minmax(0, 1fr) clamp(23rem, 30vw, 31rem); align-items: stretch; padding-top: 1rem; }
  .intro { grid-column: 1 / -1; }
  .behind { grid-template-rows: auto minmax(0, 1fr); }
  .actions { grid-template-columns: minmax(0, 1fr); }
}
@media (min-width: 100rem) and (min-height: 62rem) { .place { height: 22rem; } .kpi .place { height: 7.5rem; } .no-charts { min-height: 24.5rem; } }
@media (max-width: 43.99rem) {
  .who small { display: none; }
  .bar { gap: .75rem; }
}
@media (max-width: 30rem) {
  .bar .badge, .who { display: none; }
  #log li { grid-template-columns: minmax(0, 1fr); gap: 0; }
}
${storyStyle}`;
