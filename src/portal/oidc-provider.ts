import type { JWTVerifyGetKey } from 'jose';
import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  customFetch,
  discovery,
  fetchUserInfo,
  type ServerMetadata,
} from 'openid-client';
import type { OutboundConfig } from '../config/outbound-config.ts';
import type { Secret } from '../config/secret.ts';
import type { Emit } from '../events.ts';
import type { Clock } from '../lib/clock.ts';
import { createSingleFlight } from '../lib/single-flight.ts';
import { fetchKeys } from './fetch-keys.ts';
import { IdentityProviderError } from './identity-provider-error.ts';
import { createKeySet } from './key-set.ts';
import { createProviderHttp, type ProviderHttp } from './provider-http.ts';
import { checkMetadata } from './provider-metadata.ts';
import { providerTrouble } from './provider-trouble.ts';

/** What is known of the identity provider since it was last asked. */
export interface KnownProvider {
  /** For openid-client. */
  readonly configuration: Configuration;
  readonly metadata: ServerMetadata;
  /** The keys with which it signs. */
  readonly keys: JWTVerifyGetKey;
  /**
   * The claims of the user info, which are that subject's (OpenID Connect Core 1.0 §5.3); within that time, if it is less
   * than for any answer. Rejects with an error for `providerTrouble`.
   */
  askUserInfo(
    accessToken: string,
    subject: string,
    withinMs?: number,
  ): Promise<Readonly<Record<string, unknown>>>;
}

/** One identity provider, asked for its metadata in the background. What is known stays while it is away. */
export interface OidcProvider {
  /** Whether it answered when it was last asked for anything. */
  readonly healthy: boolean;
  readonly known: KnownProvider | undefined;
  /** What is known; waits for an answer that is under way. Rejects with an `IdentityProviderError`. */
  current(): Promise<KnownProvider>;
  /** Told by whoever asked it in vain: it is asked again soon, until it answers. */
  troubled(error: IdentityProviderError): void;
  close(): Promise<void>;
}

export interface OidcProviderOptions {
  readonly outbound: OutboundConfig;
  /** Spelt as the provider does. */
  readonly issuer: string;
  /** Where the metadata are; undefined: below the issuer (OpenID Connect Discovery 1.0 §4). */
  readonly discoveryUrl: string | undefined;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** For one answer of the provider. */
  readonly timeoutMs: number;
  readonly emit: Emit;
}

const REFRESH_EVERY_MS = 5 * 60_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

/** Asks at once, and from then on until it is closed. */
export function createOidcProvider(options: OidcProviderOptions): OidcProvider {
  const { outbound, clock, random, timeoutMs, emit, issuer } = options;
  const http = createProviderHttp({ outbound, timeoutMs });
  let known: KnownProvider | undefined;
  let trouble: IdentityProviderError | undefined;
  let failures = 0;
  const flight = createSingleFlight<void>();
  let next = { at: 0, cancel: () => {} };
  let closed = false;
  let healthy = false;

  function becomes(error: IdentityProviderError | undefined): void {
    if (healthy === (error === undefined) && isSame(trouble, error)) return;
    healthy = error === undefined;
    trouble = error;
    emit(error ? { type: 'idp.troubled', issuer, error } : { type: 'idp.recovered', issuer });
  }

  function schedule(ms: number): void {
    next.cancel();
    if (closed) return;
    const waitMs = Math.round(ms * (0.75 + random() / 2));
    next = {
      at: clock.now() + waitMs,
      cancel: clock.after(waitMs, () => {
        ask();
      }),
    };
  }

  function retryMs(): number {
    return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10));
  }

  function ask(): Promise<void> {
    return flight.join(learn);
  }

  async function learn(): Promise<void> {
    try {
      const metadata = await discover(options, http);
      if (closed) return;
      const jwksUri = metadata.jwks_uri as string;
      const keys =
        known && known.metadata.jwks_uri === jwksUri
          ? known.keys
          : createKeySet({ fetchKeys: () => fetchKeys(http, jwksUri), now: clock.now }).find;
      known = {
        configuration: configure(options, metadata, http),
        metadata,
        keys,
        askUserInfo: (accessToken, subject, withinMs) =>
          fetchUserInfo(configure(options, metadata, http, withinMs), accessToken, subject),
      };
      failures = 0;
      becomes(undefined);
      schedule(REFRESH_EVERY_MS);
    } catch (error) {
      if (closed) return;
      failures += 1;
      becomes(providerTrouble(error, { host: metadataUrl(options).host }));
      schedule(retryMs());
    }
  }

  ask();

  return {
    get healthy() {
      return healthy;
    },
    get known() {
      return known;
    },

    async current() {
      if (!known) await flight.underWay;
      if (known) return known;
      const { code = 'idp_unavailable', details = { reason: 'starting' } } = trouble ?? {};
      throw new IdentityProviderError(code, details, {
        retryAfterMs: Math.max(1_000, next.at - clock.now()),
        cause: trouble,
      });
    },

    troubled(error) {
      becomes(error);
      if (failures > 0 || flight.underWay) return;
      failures = 1;
      schedule(retryMs());
    },

    async close() {
      closed = true;
      next.cancel();
      await http.close();
      await flight.underWay;
    },
  };
}

/** Whether that is no news for an operator. Which of the provider's hosts it is may change with each call. */
function isSame(a: IdentityProviderError | undefined, b: IdentityProviderError | undefined): boolean {
  const [one, other] = [a?.details, b?.details];
  return one?.reason === other?.reason && one?.claim === other?.claim && one?.found === other?.found;
}

function metadataUrl({ issuer, discoveryUrl }: OidcProviderOptions): URL {
  return new URL(discoveryUrl ?? `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
}

/** Whether the settings name a place without TLS, which they may on one's own machine. */
function isPlainHttp(options: OidcProviderOptions): boolean {
  return options.issuer.startsWith('http:') || metadataUrl(options).protocol === 'http:';
}

async function discover(options: OidcProviderOptions, http: ProviderHttp): Promise<ServerMetadata> {
  const plainHttp = isPlainHttp(options);
  // Asked for by its whole address, openid-client leaves it to us whose metadata it is.
  const found = await discovery(metadataUrl(options), options.clientId, undefined, undefined, {
    execute: plainHttp ? [allowInsecureRequests] : [],
    [customFetch]: http.fetch as never,
  });
  return checkMetadata(found.serverMetadata(), options.issuer, { plainHttp });
}

function configure(
  options: OidcProviderOptions,
  metadata: ServerMetadata,
  http: ProviderHttp,
  withinMs = 0,
): Configuration {
  const methods = metadata.token_endpoint_auth_methods_supported;
  // In the body it needs no encoding, about which providers disagree.
  const authenticate = methods?.includes('client_secret_post') ? ClientSecretPost : ClientSecretBasic;
  const { clientId, clientSecret } = options;
  const configuration = new Configuration(metadata, clientId, undefined, authenticate(clientSecret.reveal()));
  configuration[customFetch] = http.fetch as never;
  // In seconds; 0 leaves it to `http`.
  configuration.timeout = withinMs / 1_000;
  if (isPlainHttp(options)) allowInsecureRequests(configuration);
  return configuration;
}
