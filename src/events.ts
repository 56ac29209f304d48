/** A portal user, as events name one: by the id at the portal, and the tenant that the portal names, if any. */
export interface EventUser {
  readonly id: string;
  readonly tenant?: string;
}

/** A Qlik user, by what the tenant is asked with. */
export type EventQlikUser = { readonly userId: string } | { readonly subject: string };

/** Which of our OAuth clients: the one that impersonates users, or the one that manages them. */
export type EventClient = 'impersonation' | 'management';

/** What a service that starts is: its settings, as far as anybody may see them. */
export interface RunningService {
  readonly version: string;
  /** The version of Node. */
  readonly node: string;
  /** `PORTAL_AUTH`. */
  readonly portalAuth: string;
  /** `mapping`: how portal users become users of that tenant. */
  readonly tenants: readonly { readonly url: string; readonly mapping: string }[];
  /** `memory`, or where Redis is. */
  readonly store: string;
  readonly publicUrl: string;
}

/** Why a session ended, as far as anybody ended it: those that merely run out are not noticed. */
export type SessionEnd =
  | 'logout'
  | 'logout_everywhere'
  | 'backchannel_logout'
  | 'provider_session_ended'
  | 'other_user_at_login'
  | 'other_user_at_gateway'
  | 'replaced'
  | 'too_many'
  | 'other_qlik_user'
  | 'admin';

type SessionEvent =
  | { type: 'session.opened'; user: EventUser; tenant: string }
  /** `tokens`: how many tokens ended with it, when it was the user's last. */
  | { type: 'session.ended'; user: EventUser; reason: SessionEnd; sessions: number; tokens: number }
  /** `user` is absent where nobody is proven. */
  | { type: 'login.refused'; requestId: string; user?: EventUser; error: unknown }
  /** It is left out. `why` is one of a few words. */
  | { type: 'login.claim_not_understood'; user: EventUser; claim: 'name' | 'email' | 'groups'; why: string }
  /** `claim`: the name of what is missing; `told`: the names of what came. */
  | { type: 'login.email_missing'; user: EventUser; claim: string; told: readonly string[] }
  | { type: 'logout.backchannel'; requestId: string; sessions: number; users: number }
  | { type: 'logout.backchannel_refused'; requestId: string; error: unknown };

type TokenEvent =
  | { type: 'token.served'; cache: 'hit' | 'miss' }
  | { type: 'token.minted'; tenant: string; qlikUser: EventQlikUser; priority: string; ms: number }
  | {
      type: 'token.mint_failed';
      tenant: string;
      qlikUser: EventQlikUser;
      priority: string;
      ms: number;
      error: unknown;
    }
  | { type: 'token.called_rejected'; requestId: string }
  | {
      type: 'token.judged';
      tenant: string;
      qlikUser: EventQlikUser;
      clientId: string;
      verdict: 'accepted' | 'refused' | 'unknown';
    }
  /** `qlikUser` is absent where only the portal user is known. */
  | { type: 'token.revoked'; tenant: string; qlikUser?: EventQlikUser }
  | { type: 'token.revocation_failed'; tenant: string; qlikUser?: EventQlikUser };

type TenantEvent =
  | { type: 'tenant.throttled'; tenant: string; pauseMs: number }
  | { type: 'tenant.circuit_opened'; tenant: string; client: EventClient; pauseMs: number }
  | { type: 'tenant.circuit_closed'; tenant: string; client: EventClient }
  | { type: 'tenant.client_refused'; tenant: string; client: EventClient; clientId: string; pauseMs: number }
  | { type: 'tenant.client_accepted'; tenant: string; client: EventClient; clientId: string };

type DirectoryEvent =
  | { type: 'user.created'; tenant: string; userId: string; portalUser: string }
  | { type: 'user.lost'; tenant: string; userId: string }
  | { type: 'user.stale'; tenant: string; userId: string; error: unknown }
  | { type: 'user.groups_replaced'; tenant: string; userId: string; groups: number }
  | { type: 'user.groups_refused'; tenant: string; userId: string }
  | { type: 'user.groups_failed'; tenant: string; userId: string; error: unknown }
  | { type: 'user.groups_taken'; tenant: string; userId: string; names: readonly string[] }
  | { type: 'user_table.read'; tenant: string; path: string; size: number }
  /** It lost so many rows that it was probably cut off. */
  | { type: 'user_table.shrunk'; tenant: string; path: string; size: number; gone: number }
  | { type: 'user_table.broken'; tenant: string; path: string; reason: string };

type ConnectionEvent =
  | { type: 'store.connected'; address: string; software: string; evictionPolicy: string | undefined }
  | { type: 'store.away'; address: string; error: unknown }
  /** Since it began, Redis has not answered in this way. */
  | { type: 'store.still_away'; address: string; error: unknown }
  | { type: 'store.back' }
  | { type: 'store.may_evict'; address: string; policy: string }
  /** Neither its version nor its eviction policy is known. */
  | { type: 'store.says_nothing'; address: string; error: unknown }
  | { type: 'store.messages_refused'; address: string; error: unknown }
  | { type: 'store.record_unreadable'; why: string }
  | { type: 'idp.troubled'; issuer: string; error: unknown }
  | { type: 'idp.recovered'; issuer: string }
  | { type: 'idp.user_info_troubled'; issuer: string; error: unknown }
  | { type: 'idp.user_info_recovered'; issuer: string; signInsWithout: number }
  | { type: 'portal_keys.troubled'; url: string; error: unknown }
  | { type: 'portal_keys.recovered'; url: string }
  | { type: 'gateway.bypassed'; why: string; peer: string | undefined }
  /** `told`: the names of the headers that came. */
  | { type: 'gateway.user_missing'; header: string; told: readonly string[] };

type RequestEvent =
  | {
      type: 'request.completed';
      requestId: string;
      method: string;
      /** The pattern, not the URL: a query can hold codes and names. Null without a route. */
      route: string | null;
      status: number;
      /** Of a problem answer. */
      code: string | undefined;
      ms: number;
      /** No news when all is well: probes would fill the log. */
      quiet: boolean;
    }
  | { type: 'request.abandoned'; requestId: string; method: string; route: string | null }
  /** The client may have left before its problem answer: `answered` is false then. */
  | {
      type: 'request.refused';
      requestId: string;
      route: string | null;
      status: number;
      code: string;
      answered: boolean;
      error: unknown;
    }
  | { type: 'request.failed'; requestId: string; route: string | null; code: string; error: unknown }
  | { type: 'request.unreadable'; requestId: string; error: unknown };

type AdminEvent =
  | { type: 'admin.sessions_ended'; requestId: string; user: EventUser; sessions: number; tokens: number }
  | { type: 'admin.token_ended'; requestId: string; user: EventUser; tokens: number }
  | { type: 'admin.all_sessions_ended'; requestId: string }
  | { type: 'admin.all_tokens_ended'; requestId: string }
  | { type: 'admin.refused'; requestId: string; code: string; error: unknown }
  | { type: 'admin.failed'; requestId: string; code: string; error: unknown };

type ProcessEvent =
  | { type: 'config.doubtful'; variable: string; hint: string }
  /** `address` and `adminAddress`: where the two listeners are bound. */
  | ({ type: 'service.listening'; address: string; adminAddress: string } & RunningService)
  | { type: 'service.stopping' }
  | { type: 'service.stopped' }
  | { type: 'service.stop_timed_out' }
  | { type: 'service.stop_failed'; error: unknown }
  | { type: 'service.crashed'; error: unknown };

/**
 * What happens in the service. Whoever wants to know subscribes: the log, the metrics. Holds no token, code or secret;
 * an `error` may be foreign, and is for subscribers that know what of it may be shown.
 */
export type BrokerEvent =
  | SessionEvent
  | TokenEvent
  | TenantEvent
  | DirectoryEvent
  | ConnectionEvent
  | RequestEvent
  | AdminEvent
  | ProcessEvent;

/** Tells what has happened. Never throws, and waits for nobody. */
export type Emit = (event: BrokerEvent) => void;

/** The one stream of events. */
export interface Events {
  readonly emit: Emit;
  /** Calls back, at once, with each event from now on, in order; the returned function ends that. It must not throw. */
  subscribe(listener: Emit): () => void;
}

export function createEvents(): Events {
  let listeners: readonly Emit[] = [];
  return {
    emit(event) {
      for (const listener of listeners) listener(event);
    },
    subscribe(listener) {
      listeners = [...listeners, listener];
      return () => {
        listeners = listeners.filter((other) => other !== listener);
      };
    },
  };
}
