import { openAppSession } from 'qlik-api:qix';
import { backoff, signOfLife } from './backoff.ts';
import type { Frame } from './frame.ts';
import type { Layout } from './layout.ts';
import { isFinal, reasonOf } from './reason.ts';

type AppSession = ReturnType<typeof openAppSession>;
type OpenProps = Parameters<typeof openAppSession>[0];

/** Which chart to draw, and as whom. */
export interface ChartProps {
  hostConfig: OpenProps['hostConfig'];
  appId: string;
  objectId: string;
  identity: string | undefined;
}

/** A chart that is being drawn. */
export interface Chart {
  stop(): void;
}

const MAX_FAILURES = 10;
const SESSION_SUSPENDED = -4;

/**
 * Draws a chart and keeps it drawn. When its WebSocket is lost, the picture goes at once, since the next connection
 * may be another user's; then the session is resumed, or opened again, with the page's current token. What fails is
 * tried again, ever more slowly; after ten failures in a row, or where trying again cannot help, only when the user
 * comes back to the page or to the network.
 */
export function startChart(
  frame: Frame,
  { objectId, ...open }: ChartProps,
  exposeRefApi?: (api: object) => void,
): Chart {
  const stopped = new AbortController();
  let session: AppSession | undefined;
  let suspended = false;
  /** Grows with each loss of a connection: what was asked for before is not drawn after. */
  let era = 0;
  let onLost = () => {};

  function opened(): AppSession {
    const fresh = openAppSession(open as OpenProps);
    fresh.onWebSocketEvent(({ eventType }) => {
      if (session !== fresh || (eventType !== 'suspended' && eventType !== 'closed')) return;
      suspended = true;
      era += 1;
      if (!stopped.signal.aborted) frame.wait();
      onLost();
    });
    return fresh;
  }

  /** Draws, and resolves when the connection is lost. */
  async function draw(): Promise<void> {
    session ??= opened();
    if (suspended) {
      await session.resume();
      suspended = false;
    }
    const startedIn = era;
    const doc = await session.getDoc().catch((error) => {
      // The library forgets a session that did not open.
      session = undefined;
      throw error;
    });
    const object = await doc.getObject<Layout>(objectId);
    const layout = await object.getLayout();
    if (stopped.signal.aborted || era !== startedIn) return;
    frame.show(layout);
    exposeRefApi?.({ getDoc: async () => doc, getObject: async () => object });
    await new Promise<void>((resolve) => {
      onLost = resolve;
    });
  }

  async function keepDrawn(): Promise<void> {
    let failures = 0;
    while (!stopped.signal.aborted) {
      try {
        await draw();
        failures = 0;
      } catch (error) {
        if (stopped.signal.aborted) return;
        if ((error as { code?: number }).code === SESSION_SUSPENDED) suspended = true;
        failures += 1;
        const hopeless = isFinal(error) || failures >= MAX_FAILURES;
        frame.fail(reasonOf(error));
        if (hopeless) failures = 0;
        await (hopeless ? signOfLife(stopped.signal) : backoff(failures, stopped.signal));
      }
    }
  }

  frame.wait();
  void keepDrawn();
  return {
    stop() {
      stopped.abort();
      onLost();
      void session?.close();
    },
  };
}
