import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { it } from 'node:test';
import { createCertificate } from './certificate.ts';
import { message, openHttp, PATIENCE_MS, startRawTenant } from './raw-tenant.ts';

const HOUR_MS = 3_600_000;
const mint = { method: 'POST', path: '/oauth/token', json: { client_secret: 's3cret' } } as const;
const fine = (socket: Socket) => void socket.end(message('200 OK', { 'content-length': 2 }, '{}'));
const unavailable = { name: 'QlikError', code: 'unavailable' };

it('a certificate that nobody vouches for is refused, and the secret is not sent', async (t) => {
  const tenant = await startRawTenant(t, fine, createCertificate('localhost'));
  await assert.rejects(openHttp(t, tenant.url).send(mint, AbortSignal.timeout(PATIENCE_MS)), unavailable);
  assert.equal(tenant.received(), '');
});

it('a certificate that the configured CA vouches for is accepted', async (t) => {
  const certificate = createCertificate('localhost');
  const tenant = await startRawTenant(t, fine, certificate);
  const response = await openHttp(t, tenant.url, certificate.cert).send(
    mint,
    AbortSignal.timeout(PATIENCE_MS),
  );
  assert.equal(response.status, 200);
  assert.match(tenant.received(), /s3cret/);
});

it('several CAs in one text are each trusted', async (t) => {
  const certificate = createCertificate('localhost');
  const tenant = await startRawTenant(t, fine, certificate);
  const ca = createCertificate('other.example').cert + certificate.cert;
  assert.equal((await openHttp(t, tenant.url, ca).send(mint, AbortSignal.timeout(PATIENCE_MS))).status, 200);
});

for (const [what, certificate] of [
  ['of another host', createCertificate('other.example')],
  ['that has expired', createCertificate('localhost', Date.now() - 2 * HOUR_MS)],
  ['that is not valid yet', createCertificate('localhost', Date.now() + 2 * HOUR_MS)],
] as const) {
  it(`a certificate ${what} is refused though its CA is trusted`, async (t) => {
    const tenant = await startRawTenant(t, fine, certificate);
    const http = openHttp(t, tenant.url, certificate.cert);
    await assert.rejects(http.send(mint, AbortSignal.timeout(PATIENCE_MS)), unavailable);
    assert.equal(tenant.received(), '');
  });
}

it('a tenant that answers in plain text on its TLS port is unavailable', async (t) => {
  const tenant = await startRawTenant(t, fine);
  const http = openHttp(t, `https://localhost:${tenant.port}`);
  await assert.rejects(http.send(mint, AbortSignal.timeout(PATIENCE_MS)), unavailable);
});
