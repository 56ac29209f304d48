import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type OpenAppSessionProps, openAppSession } from '@qlik/api/qix';
import { createSandbox } from '../../../src/sandbox/sandbox.ts';
import { APP } from './socket-client.ts';

/* The library is unmodified: enigma.js inside, over a WebSocket with the access token as bearer. */
describe('the qix module of the unmodified @qlik/api on a server', async () => {
  const sandbox = await createSandbox();
  after(() => sandbox.close());

  function open(subject: string, appId = APP, more: Partial<OpenAppSessionProps> = {}) {
    const { clientId, clientSecret } = sandbox.impersonationClient;
    const hostConfig = {
      host: sandbox.url,
      authType: 'oauth2',
      clientId,
      clientSecret,
      subject,
      noCache: true,
    } as const;
    return openAppSession({ hostConfig, appId, ...more });
  }

  for (const autoResume of [false, true]) {
    it(`opens the app, reads a chart and makes one${autoResume ? ', in a session that heals itself' : ''}`, async () => {
      const session = open('bruno', APP, autoResume ? { autoResume } : {});
      const doc = await session.getDoc();
      assert.equal((await doc.getAppLayout()).qTitle, 'Sales by region');
      assert.equal(await doc.evaluate('Sum(Sales)'), '1674700');

      const chart = await doc.getObject('sales-by-region');
      const { qHyperCube } = (await chart.getLayout()) as { qHyperCube?: { qSize?: object } };
      assert.deepEqual(qHyperCube?.qSize, { qcx: 2, qcy: 2 });

      const made = await doc.createSessionObject({
        qInfo: { qId: '', qType: 'table' },
        qHyperCubeDef: { qDimensions: [], qMeasures: [{ qDef: { qDef: 'Count(distinct Region)' } }] },
      } as never);
      const [page] = await made.getHyperCubeData('/qHyperCubeDef', [
        { qTop: 0, qLeft: 0, qWidth: 1, qHeight: 1 },
      ]);
      assert.equal(page?.qMatrix?.[0]?.[0]?.qNum, 2);
      assert.equal(await doc.destroySessionObject(made.id), true);
      await session.close();
    });
  }

  it('resumes by itself after the engine ended', async () => {
    const session = open('ada');
    const doc = await session.getDoc();
    const resumed = new Promise<void>((resolve) => {
      session.onWebSocketEvent(({ eventType }) => eventType === 'resumed' && resolve());
    });
    // Listeners are set behind a promise.
    await doc.getAppLayout();
    sandbox.closeWebSockets(4003);
    await resumed;
    assert.equal(await doc.evaluate('Sum(Sales)'), '1570000');
    await session.close();
  });

  it('learns why an app does not open', async () => {
    await assert.rejects(open('ada', 'nowhere').getDoc(), /App not found/);
    await assert.rejects(
      open('ada', '2e1b8d63-7e4c-4f90-8b32-1d6e8fac4b52').getDoc(),
      /No permission to open the app/,
    );
  });
});
