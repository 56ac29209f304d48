import type { FastifyRequest } from 'fastify';
import { addressBlock } from '../../lib/address-block.ts';

/** An IPv4 address, or an IPv6 one in brackets, with a port: some proxies write that into `X-Forwarded-For`. */
const WITH_PORT = /^(?:(\d{1,3}(?:\.\d{1,3}){3})|\[([0-9a-f:.]{2,45})\])(?::\d{1,5})?$/i;

/** The address in what a proxy wrote. */
export function withoutPort(address: string): string {
  const match = WITH_PORT.exec(address);
  return match?.[1] ?? match?.[2] ?? address;
}

/** Whom a rate counts by client address. */
export function callerKey({ ip }: Pick<FastifyRequest, 'ip'>): string {
  return addressBlock(withoutPort(ip));
}
