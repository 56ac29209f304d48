import { parseArgs } from 'node:util';
import { ownVersion } from '../../lib/own-version.ts';

/** What `--help` prints. */
export const usage = `Usage: qlik-token-broker version [--json]

Prints the version of this program and of Node.
`;

/** `qlik-token-broker version`. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } });
  const versions = { version: ownVersion(), node: process.versions.node };
  process.stdout.write(
    values.json
      ? `${JSON.stringify(versions)}\n`
      : `qlik-token-broker ${versions.version} on Node ${versions.node}\n`,
  );
}
