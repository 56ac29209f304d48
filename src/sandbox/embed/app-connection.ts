import { openAppSession } from 'virtual:qlik-api/qix';

type AppSession = ReturnType<typeof openAppSession>;

/** The app as the engine's client library shows it. */
export type Doc = Awaited<ReturnType<AppSession['getDoc']>>;

/** Which app to open, and as whom. */
export type OpenProps = Exclude<Parameters<typeof openAppSession>[0], string>;

/** A chart's way to its app, over a WebSocket that the library shares among all that open the same app. */
export interface AppConnection {
  /** The app, once it answers: it is opened, or its session resumed, as need be. Rejects with the library's error. */
  doc(): Promise<Doc>;
  close(): void;
}

/** The library's code for a call to a session whose WebSocket is gone. */
const SESSION_SUSPENDED = -11;

/** `onLost` is called whenever the WebSocket is gone. */
export function createAppConnection(open: OpenProps, onLost: () => void): AppConnection {
  let session: AppSession | undefined;

  function opened(): AppSession {
    const fresh = openAppSession(open);
    fresh.onWebSocketEvent(({ eventType }) => {
      if (session !== fresh || (eventType !== 'suspended' && eventType !== 'closed')) return;
      onLost();
    });
    return fresh;
  }

  return {
    async doc() {
      session ??= opened();
      const held = session;
      const doc = await held.getDoc().catch((error) => {
        // The library forgets a session that did not open.
        session = undefined;
        throw error;
      });
      // The app is asked for something, since nothing else tells that a session is suspended: it may have been
      // before this chart came to share it, and what goes wrong with getObject the library takes for "not found".
      await doc.getAppLayout().catch(async (error) => {
        if ((error as { code?: number }).code !== SESSION_SUSPENDED) throw error;
        await held.resume();
        await doc.getAppLayout();
      });
      return doc;
    },

    close() {
      void session?.close();
      session = undefined;
    },
  };
}
