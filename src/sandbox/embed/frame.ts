import { type Layout, seriesOf } from './layout.ts';
import { createPicture, type Picture } from './picture.ts';
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
 * `style-src` need not allow anything for it. The picture is drawn anew when the frame's size changes.
 */
export function createFrame(target: HTMLElement): Frame {
  const host = document.createElement('div');
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  target.append(host);

  let shown: Picture | undefined;
  let drawnSize = '';
  /** What was shown last: its place stays as large as it was. */
  let visualization = 'none';

  /** In the place of a picture. */
  function say(text: string, busy: boolean): void {
    shown = undefined;
    const [box, name, plot, message] = [
      div('no-picture'),
      div('name'),
      div('plot'),
      document.createElement('p'),
    ];
    plot.classList.add(visualization);
    message.setAttribute('role', 'status');
    message.textContent = text;
    plot.append(message);
    box.append(name, plot);
    host.ariaBusy = String(busy);
    root.replaceChildren(box);
  }

  function draw(): void {
    if (!shown) return;
    drawnSize = size();
    shown.draw();
  }

  function show(layout: Layout): void {
    const { title = 'This chart' } = layout;
    const tableIsOpen = root.querySelector('details')?.open ?? false;
    try {
      const picture = createPicture(layout.visualization ?? '', seriesOf(layout));
      visualization = layout.visualization ?? 'none';
      shown = picture;
      root.replaceChildren(picture.figure);
      root.querySelector('details')?.toggleAttribute('open', tableIsOpen);
      draw();
      host.ariaBusy = 'false';
    } catch (error) {
      say(`${title} cannot be shown. ${(error as Error).message}`, false);
    }
  }

  const size = () => `${host.clientWidth} × ${host.clientHeight}`;
  const observer = new ResizeObserver(() => {
    if (size() !== drawnSize) draw();
  });
  observer.observe(host);

  return {
    wait: () => say('Loading the chart…', true),
    fail: (reason) => say(`This chart cannot be shown. ${reason}`, false),
    show,
    remove() {
      observer.disconnect();
      host.remove();
    },
  };
}

function div(className: string): HTMLElement {
  const made = document.createElement('div');
  made.className = className;
  return made;
}
