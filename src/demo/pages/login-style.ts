import { demoStyle } from './demo-style.ts';

/** Of the page to pick a demo user from. */
export const loginStyle = `${demoStyle}
main { max-width: 50rem; padding: clamp(1.75rem, 8vh, 5rem) clamp(1rem, 4vw, 2rem); }
h1 { font-size: clamp(1.6rem, 5vw, 2.1rem); letter-spacing: -.02em; }
.lead { color: var(--quiet); margin: .6rem 0 1.75rem; max-width: 38rem; text-wrap: pretty; }
.people { display: grid; gap: .75rem; margin: 0; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
.person {
  display: flex; gap: .9rem; align-items: flex-start; padding: 1rem 1.125rem; text-align: left; width: 100%;
  border-radius: var(--radius); box-shadow: var(--shadow);
}
.person > span:last-child { min-width: 0; flex: 1; display: grid; gap: .1rem; }
.person strong { font-weight: 650; overflow: hidden; text-overflow: ellipsis; }
.person small { display: block; color: var(--quiet); font-size: .875rem; overflow: hidden; text-overflow: ellipsis; }
.person .groups { margin-top: .4rem; }
.person::after { content: "→"; color: var(--quiet); align-self: center; transition: transform .12s; }
.person:hover::after, .person:focus-visible::after { color: var(--accent); transform: translateX(3px); }
@media (max-width: 24rem) { .person { gap: .6rem; padding: 1rem .75rem; } .person small { font-size: .75rem; } }
.foot { margin: 1.75rem 0 0; }
`;
