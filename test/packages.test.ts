import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { satisfies } from 'semver';

interface LockedPackage {
  readonly version?: string;
  readonly engines?: { readonly node?: string };
}

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
const packages = Object.entries(lock.packages as Record<string, LockedPackage>);

/** The oldest that is promised, and the one of the image. */
for (const node of ['20.20.0', '24.0.0']) {
  test(`each package that npm ci installs takes Node ${node}, so that npm has nothing to warn of`, () => {
    assert.ok(packages.length > 200);
    const refusing = packages.filter(([, { engines }]) => engines?.node && !satisfies(node, engines.node));
    assert.deepEqual(
      refusing.map(([path, { version, engines }]) => `${path}@${version} wants Node ${engines?.node}`),
      [],
    );
  });
}

test('no package is bound to the registry of whoever wrote package-lock.json', () => {
  assert.deepEqual(
    packages.filter(([, entry]) => 'resolved' in entry && !('link' in entry)).map(([path]) => path),
    [],
  );
});
