/** So many of something for each key in a span of time, of all replicas together. */
export interface SharedRate {
  /**
   * Counts one, if there is room for it: milliseconds until there is; 0 when it was counted. Rejects with a
   * `StoreUnavailableError`.
   */
  take(key: string): Promise<number>;
  /** What was counted was not done. Never rejects. */
  giveBack(key: string): Promise<void>;
}
