import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { TenantConfig } from '../../src/config/tenant-config.ts';
import type { BrokerEvent } from '../../src/events.ts';
import { createMemoryCallLimits } from '../../src/store/memory/call-limits.ts';
import type { Priority, Ticket } from '../../src/tenant/admission/ticket.ts';
import { createTenant, type Tenant, type TenantDeps } from '../../src/tenant/tenant.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import { DIRECTLY } from '../support/outbound.ts';
import { DEADLINES, tenantConfig } from './tenant-config.ts';

/** A call that a tenant's server got. */
export interface ServedCall {
  readonly path: string;
  /** Of a mint: whose. */
  readonly user: string | undefined;
  readonly response: ServerResponse;
}

/** The server of a tenant, on loopback. What it does not answer stays open. */
export interface TenantServer {
  readonly url: string;
  readonly calls: readonly ServedCall[];
  /** Whose mints there were, in order. */
  readonly minted: readonly (string | undefined)[];
  /** How many connections are open. */
  connections(): Promise<number>;
}

export async function startTenantServer(
  t: TestContext,
  answer: (call: ServedCall) => void = () => {},
): Promise<TenantServer> {
  const calls: ServedCall[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { user_lookup } = body.startsWith('{') ? JSON.parse(body) : {};
    const call = { path: request.url as string, user: user_lookup?.value, response };
    calls.push(call);
    answer(call);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    get minted() {
      return calls.filter(({ path }) => path === '/oauth/token').map(({ user }) => user);
    },
    connections: promisify(server.getConnections.bind(server)),
  };
}

/** Answers with a status, and nothing that Qlik would say. */
export function answerWith(status: number, headers: Record<string, string> = {}) {
  return ({ response }: ServedCall) => void response.writeHead(status, headers).end('{}');
}

export interface OpenedTenant {
  readonly tenant: Tenant;
  readonly events: readonly BrokerEvent[];
  /** A mint; resolves to its token or the code of its error. */
  mint(user: string, priority?: Priority): Promise<string>;
}

/** A tenant as the service makes it, on a clock that the test moves. Closed with the test, if it is not before. */
export function openTenant(
  t: TestContext,
  clock: ManualClock,
  config: Partial<TenantConfig>,
  createCallLimits: TenantDeps['createCallLimits'] = (_, options) =>
    createMemoryCallLimits({ ...options, now: clock.now }),
): OpenedTenant {
  const events: BrokerEvent[] = [];
  const tenant = createTenant(tenantConfig(config), {
    outbound: DIRECTLY,
    deadlines: DEADLINES,
    emit: (event) => events.push(event),
    clock,
    random: () => 0.5,
    createCallLimits,
  });
  t.after(() => tenant.close());
  return {
    tenant,
    events,
    mint: (user, priority = 'user') =>
      tenant.tokenClient
        .mint({ field: 'subject', value: user }, ticket(clock, priority), () => {})
        .then(
          ({ accessToken }) => accessToken,
          (error) => error.code,
        ),
  };
}

function ticket(clock: ManualClock, priority: Priority): Ticket {
  return { priority, budgeted: true, decisive: true, deadline: clock.now() + DEADLINES.answerMs };
}
