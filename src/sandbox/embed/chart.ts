import { createAppConnection, type OpenProps } from './app-connection.ts';
import { backoff, signOfLife } from './backoff.ts';
import type { Frame } from './frame.ts';
import type { Layout } from './layout.ts';
import { isFinal, reasonOf } from './reason.ts';

/** Which chart to draw, and as whom. */
export interface ChartProps {
  hostConfig: NonNullable<OpenProps['hostConfig']>;
  appId: string;
  objectId: string;
  identity: string | undefined;
}

/** A chart that is being drawn. */
export interface Chart {
  stop(): void;
}

const MAX_FAILURES = 10;
/** A picture that stood for so long was no failure, even though its connection was lost. */
const STEADY_MS = 5_000;

/**
 * Draws a chart and keeps it drawn. When its WebSocket is lost, the picture goes at once, since the next connection
 * may be another user's; then the app is connected again, with the page's current token. What fails is tried again,
 * ever more slowly; after ten failures in a row, or where trying again cannot help, only when the user comes back to
 * the page or to the network.
 */
export function startChart(
  frame: Frame,
  { objectId, hostConfig, appId, identity }: ChartProps,
  exposeRefApi?: (api: object) => void,
): Chart {
  const stopped = new AbortController();
  const { signal } = stopped;
  let losses = 0;
  let endPicture = () => {};
  const connection = createAppConnection(
    { hostConfig, appId, ...(identity === undefined ? {} : { identity }) },
    () => {
      losses += 1;
      if (!signal.aborted) frame.wait();
      endPicture();
    },
  );

  /** Draws, and resolves when the connection is lost, be it before the picture is complete. */
  async function draw(): Promise<void> {
    const doc = await connection.doc();
    const lossesBefore = losses;
    try {
      const object = await doc.getObject(objectId);
      const layout = (await object.getLayout()) as Layout;
      if (signal.aborted || losses !== lossesBefore) return;
      frame.show(layout);
      exposeRefApi?.({ getDoc: async () => doc, getObject: async () => object });
    } catch (error) {
      // What fails because a connection is lost says nothing of its own.
      if (losses !== lossesBefore) return;
      throw error;
    }
    await new Promise<void>((resolve) => {
      endPicture = resolve;
    });
  }

  async function keepDrawn(): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const startedAt = performance.now();
      let hopeless = false;
      try {
        await draw();
        failures = performance.now() - startedAt > STEADY_MS ? 0 : failures + 1;
      } catch (error) {
        if (signal.aborted) return;
        frame.fail(reasonOf(error));
        failures += 1;
        hopeless = isFinal(error);
      }
      if (hopeless || failures >= MAX_FAILURES) {
        failures = 0;
        await signOfLife(signal);
      } else if (failures > 0) {
        await backoff(failures, signal);
      }
    }
  }

  frame.wait();
  void keepDrawn();
  return {
    stop() {
      stopped.abort();
      endPicture();
      connection.close();
    },
  };
}
