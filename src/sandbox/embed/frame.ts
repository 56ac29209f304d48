import { type Layout, seriesOf } from './layout.ts';
import { drawPicture } from './picture.ts';
import { STYLE } from './style.ts';

/** The place on the page that a chart is drawn into: it holds a picture, or says why there is none. */
export interface Frame {
  /** Removes the picture: one is on its way. */
  wait(): void;
  /** Removes the picture and says that there is none, and why. */
  fail(reason: string): void;
  show(layout: Layout): void;
  remove(): void;
}

/**
 * Adds a frame to an element. It lives in a shadow root, whose style sheet is constructed, so that a page's
 * `style-src` need not allow anything for it. The picture is drawn anew when the frame's width changes.
 */
export function createFrame(target: HTMLElement): Frame {
  const host = document.createElement('div');
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  target.append(host);

  let shown: Layout | undefined;
  let drawnWidth = 0;

  function say(text: string, busy: boolean): void {
    shown = undefined;
    const message = document.createElement('p');
    message.setAttribute('role', 'status');
    message.textContent = text;
    host.ariaBusy = String(busy);
    root.replaceChildren(message);
  }

  function draw(): void {
    if (!shown) return;
    drawnWidth = host.clientWidth;
    const { title, visualization = '' } = shown;
    const tableIsOpen = root.querySelector('details')?.open ?? false;
    try {
      root.replaceChildren(drawPicture(visualization, seriesOf(shown), drawnWidth));
      root.querySelector('details')?.toggleAttribute('open', tableIsOpen);
      host.ariaBusy = 'false';
    } catch (error) {
      say(`${title ?? 'This chart'} cannot be shown. ${(error as Error).message}`, false);
    }
  }

  const observer = new ResizeObserver(() => {
    if (host.clientWidth !== drawnWidth) draw();
  });
  observer.observe(host);

  return {
    wait: () => say('Loading the chart…', true),
    fail: (reason) => say(`This chart cannot be shown. ${reason}`, false),
    show(layout) {
      shown = layout;
      draw();
    },
    remove() {
      observer.disconnect();
      host.remove();
    },
  };
}
