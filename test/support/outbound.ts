import { type OutboundConfig, outboundConfig } from '../../src/config/outbound-config.ts';
import { load } from '../config/base-env.ts';

/** The ways to elsewhere with these settings. */
export function outbound(env: Record<string, string>): OutboundConfig {
  return outboundConfig(load(env).settings);
}

/** Without a proxy. */
export const DIRECTLY = outbound({});
