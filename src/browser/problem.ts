/** Why the page gets no token: the service's own answer (RFC 9457), or what stands between. */
export interface Problem {
  readonly title: string;
  /** One of the service's codes, or one of the helper's own: docs/front-end.md has them all. */
  readonly code: string;
  readonly status?: number;
  readonly detail?: string;
  readonly requestId?: string;
}
