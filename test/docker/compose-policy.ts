import { duration } from '../../src/config/kinds/numbers.ts';
import { settings } from '../../src/config/settings.ts';
import type { Compose } from './compose.ts';

interface Rule {
  readonly rule: string;
  readonly holds: (compose: Compose) => boolean;
}

const SECRETS = '/run/secrets/';

const rules: readonly Rule[] = [
  {
    rule: 'the containers are read-only, without capabilities, new privileges or a limitless appetite',
    holds: ({ services }) =>
      Object.values(services).every(
        (service) =>
          service.read_only === true &&
          service.cap_drop?.join() === 'ALL' &&
          service.cap_add === undefined &&
          service.privileged === undefined &&
          !/^(0|root)\b/.test(service.user ?? '') &&
          service.security_opt?.join() === 'no-new-privileges:true' &&
          service.pids_limit !== undefined &&
          service.mem_limit !== undefined,
      ),
  },
  {
    rule: 'the service can be reached through the proxy only, which starts when it is healthy',
    holds: ({ services: { broker, proxy } }) =>
      broker.ports === undefined &&
      proxy.ports?.join() === '80:8080,443:8443' &&
      'broker' in (proxy.depends_on ?? {}) &&
      (proxy.depends_on as Record<string, { condition: string }>).broker?.condition === 'service_healthy',
  },
  {
    rule: 'of the networks, the proxy and the service share the internal one, and nothing else',
    holds: ({ services: { broker, proxy }, networks }) => {
      const shared = broker.networks?.filter((name) => proxy.networks?.includes(name)) ?? [];
      return shared.length === 1 && networks[shared[0] as string]?.internal === true;
    },
  },
  {
    rule: 'the proxies that are trusted are those of the internal network',
    holds: ({ services: { broker }, networks }) =>
      broker.environment?.TRUSTED_PROXIES !== undefined &&
      broker.environment.TRUSTED_PROXIES === networks.inside?.ipam?.config[0]?.subnet,
  },
  {
    rule: 'every variable is a setting',
    holds: ({ services: { broker } }) =>
      Object.keys(broker.environment ?? {}).every(
        (name) => settings.has(name) || settings.get(name.replace(/_FILE$/, ''))?.fromFile === true,
      ),
  },
  {
    rule: 'secrets are files, each granted to the container that needs it',
    holds: ({ services, secrets }) => {
      const { broker } = services;
      const environment = Object.entries(broker.environment ?? {});
      const files = environment.filter(([name]) => name.endsWith('_FILE'));
      return (
        environment.every(([name]) => settings.get(name)?.fromFile !== true) &&
        files.every(([, path]) => path.startsWith(SECRETS)) &&
        same(
          broker.secrets,
          files.map(([, path]) => path.slice(SECRETS.length)),
        ) &&
        same(
          Object.keys(secrets),
          Object.values(services).flatMap((service) => service.secrets ?? []),
        ) &&
        Object.values(secrets).every(({ file }) => file.startsWith('secrets/'))
      );
    },
  },
  {
    rule: 'the service is killed only after its own time for stopping has passed',
    holds: ({ services: { broker } }) =>
      duration.parse(broker.stop_grace_period ?? '0s') >
      duration.parse(settings.get('SHUTDOWN_TIMEOUT')?.default ?? ''),
  },
  {
    rule: 'the health check is that of the image',
    holds: ({ services: { broker } }) =>
      broker.healthcheck?.test.join(' ') === 'CMD node dist/health-check.js' &&
      broker.healthcheck.timeout === '5s',
  },
];

/** Of a service that keeps everything in its memory. */
export const oneReplica: readonly Rule[] = [
  {
    rule: 'there is one replica of the service',
    holds: ({ services }) => services.broker.scale === 1 && services.valkey === undefined,
  },
];

/** Of several that share a store. */
export const severalReplicas: readonly Rule[] = [
  {
    rule: 'there are several replicas of the service, which need the store',
    holds: ({ services: { broker } }) =>
      (broker.scale ?? 1) > 1 &&
      ['REDIS_URL_FILE', 'STORE_KEY_FILE'].every((name) => broker.environment?.[name] !== undefined),
  },
  {
    rule: 'the store is reached by the replicas only, over an internal network',
    holds: ({ services: { broker, proxy, valkey }, networks }) =>
      valkey?.ports === undefined &&
      valkey?.networks?.length === 1 &&
      networks[valkey.networks[0] as string]?.internal === true &&
      broker.networks?.includes(valkey.networks[0] as string) === true &&
      proxy.networks?.includes(valkey.networks[0] as string) === false,
  },
  {
    rule: 'the store keeps its data in a volume',
    holds: ({ services: { valkey } }) => valkey?.volumes?.includes('state:/data') === true,
  },
];

/** The rules that a compose file breaks, in words. */
export function brokenComposeRules(compose: Compose, more: readonly Rule[]): string[] {
  return [...rules, ...more].filter(({ holds }) => !holds(compose)).map(({ rule }) => rule);
}

function same(some: readonly string[] = [], others: readonly string[] = []): boolean {
  return some.toSorted().join() === others.toSorted().join();
}
