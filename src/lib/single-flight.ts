/** Work that is done once for all who ask for it while it is under way. */
export interface SingleFlight<T> {
  /** The result of what is under way, or is begun now. */
  join(begin: () => Promise<T>): Promise<T>;
  readonly underWay: Promise<T> | undefined;
}

export function createSingleFlight<T>(): SingleFlight<T> {
  let underWay: Promise<T> | undefined;
  return {
    join(begin) {
      underWay ??= begin().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
    get underWay() {
      return underWay;
    },
  };
}
