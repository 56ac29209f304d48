import { randomBytes } from 'node:crypto';

/** The name of a generation, which no partition ever had. */
export function newGeneration(): string {
  return randomBytes(12).toString('base64url');
}
