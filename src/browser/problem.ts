/** Why the page gets no token: the service's own answer (RFC 9457), or what stands between. */
export interface Problem {
  readonly title: string;
  /** One of the service's codes, `unreachable`, or `sign_in_failed` when the page came back without a session. */
  readonly code: string;
  readonly status?: number;
  readonly detail?: string;
  readonly requestId?: string;
}

/** The service's answer that it will not, or cannot, do what was asked. */
export class Refusal extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.title);
    this.problem = problem;
  }
}
