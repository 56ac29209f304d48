import type { Rate } from '../lib/rate-limiter.ts';
import { type Deadlines, deadlinesOf } from './deadlines.ts';
import { type OutboundConfig, outboundConfig } from './outbound-config.ts';
import { type PortalConfig, portalConfig } from './portal-config.ts';
import type { Secret } from './secret.ts';
import type { Settings } from './settings.ts';
import { type StoreConfig, storeConfig } from './store-config.ts';
import type { TenantConfig } from './tenant-config.ts';
import { tenantOfSettings } from './tenant-of-settings.ts';

/** What the settings mean: what belongs together stands together, and nothing is there that does not apply. */
export interface BrokerConfig {
  readonly host: string;
  readonly port: number;
  readonly publicUrl: URL;
  /** Path under which the public routes live, without a trailing slash. */
  readonly base: string;
  readonly postLogoutUrl: string;
  /** Peers whose `X-Forwarded-For` is believed, and from which a gateway calls. */
  readonly trustedProxies: readonly string[];
  readonly admin: {
    readonly host: string;
    readonly port: number;
    /** For every call, and for those that only read metrics. */
    readonly tokens: { readonly all: Secret | undefined; readonly metrics: Secret | undefined };
  };
  /** How long a connection of the public listener stays open without a request. */
  readonly keepAliveMs: number;
  readonly shutdown: { readonly delayMs: number; readonly timeoutMs: number };
  readonly logLevel: string;
  readonly outbound: OutboundConfig;
  readonly portal: PortalConfig;
  readonly session: {
    /** The first signs, all verify. */
    readonly secrets: readonly Secret[];
    readonly idleMs: number;
    readonly lifetimeMs: number;
    readonly sameSite: 'lax' | 'strict' | 'none';
    /** Sessions that one user may have at once. */
    readonly perUser: number;
  };
  readonly store: StoreConfig;
  readonly tenants: readonly TenantConfig[];
  readonly tokens: {
    /** Users whose token is cached. */
    readonly cacheMax: number;
    readonly refreshBeforeMs: number;
    readonly minRemainingMs: number;
    readonly replaceCooldownMs: number;
  };
  readonly deadlines: Deadlines;
  readonly rateLimits: { readonly token: Rate; readonly login: Rate; readonly mint: Rate };
}

/** What settings mean that contradict nothing. */
export function brokerConfig(settings: Settings): BrokerConfig {
  const s = settings;
  return {
    host: s.HOST,
    port: s.PORT,
    publicUrl: s.PUBLIC_URL,
    base: s.PUBLIC_URL.pathname.replace(/\/$/, ''),
    postLogoutUrl: s.POST_LOGOUT_URL,
    trustedProxies: s.TRUSTED_PROXIES,
    admin: {
      host: s.ADMIN_HOST,
      port: s.ADMIN_PORT,
      tokens: { all: s.ADMIN_TOKEN, metrics: s.ADMIN_METRICS_TOKEN },
    },
    keepAliveMs: s.KEEP_ALIVE_TIMEOUT,
    shutdown: { delayMs: s.SHUTDOWN_DELAY, timeoutMs: s.SHUTDOWN_TIMEOUT },
    logLevel: s.LOG_LEVEL,
    outbound: outboundConfig(s),
    portal: portalConfig(s),
    session: {
      secrets: s.SESSION_SECRET,
      idleMs: s.SESSION_IDLE_TIMEOUT,
      lifetimeMs: s.SESSION_LIFETIME,
      sameSite: s.SESSION_SAME_SITE,
      perUser: s.SESSIONS_PER_USER,
    },
    store: storeConfig(s),
    tenants: [tenantOfSettings(s)],
    tokens: {
      cacheMax: s.TOKEN_CACHE_MAX,
      refreshBeforeMs: s.TOKEN_REFRESH_BEFORE,
      minRemainingMs: s.TOKEN_MIN_REMAINING,
      replaceCooldownMs: s.TOKEN_REPLACE_COOLDOWN,
    },
    deadlines: deadlinesOf(s.TOKEN_DEADLINE),
    rateLimits: { token: s.RATE_LIMIT_TOKEN, login: s.RATE_LIMIT_SIGN_IN, mint: s.RATE_LIMIT_MINT },
  };
}
