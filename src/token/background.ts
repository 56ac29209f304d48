/** Work that nobody waits for, until the service stops. */
export interface Background {
  /** `work` does not reject. */
  add(work: Promise<unknown>): void;
  /** Resolves when all of it has ended. */
  idle(): Promise<void>;
}

export function createBackground(): Background {
  const underWay = new Set<Promise<unknown>>();
  return {
    add(work) {
      underWay.add(work);
      void work.finally(() => underWay.delete(work));
    },
    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}
