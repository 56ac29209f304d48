import { createServer } from 'node:net';

/** The port, if nobody listens on it at `host`; else any free one. */
export async function freePort(preferred: number, host: string): Promise<number> {
  return (await bind(preferred, host)) ?? (await bind(0, host)) ?? preferred;
}

function bind(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen(port, host, () => {
      const address = probe.address();
      const bound = typeof address === 'object' ? address?.port : undefined;
      probe.close(() => resolve(bound));
    });
  });
}
