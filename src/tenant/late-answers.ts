import type { Clock } from '../lib/clock.ts';
import { QlikError } from '../qlik/errors.ts';

/** Calls whose answer matters also when nobody waits for it any more. */
export interface LateAnswers {
  /**
   * The call's result. When the signal is aborted before the answer has begun, the call goes on for a while, and what it
   * brings then is for `onLate`; an answer that has begun, and does not end, is of no use to anybody.
   */
  outlast<T>(
    call: (signal: AbortSignal, onAnswer: () => void) => Promise<T>,
    signal: AbortSignal,
    onLate: (result: T) => void,
  ): Promise<T>;
}

export interface LateAnswersDeps {
  readonly clock: Clock;
  /** How many go on at most; the oldest make room. */
  readonly max: number;
}

const GOES_ON_MS = 30_000;

export function createLateAnswers({ clock, max }: LateAnswersDeps): LateAnswers {
  const late = new Set<AbortController>();

  function goOn(call: AbortController): void {
    late.add(call);
    const [oldest] = late;
    if (late.size > max) oldest?.abort();
    const cancel = clock.after(GOES_ON_MS, () => call.abort());
    call.signal.addEventListener('abort', () => {
      cancel();
      late.delete(call);
    });
  }

  return {
    outlast(call, signal, onLate) {
      return new Promise((resolve, reject) => {
        const own = new AbortController();
        let answering = false;
        const leave = () => {
          if (answering) return own.abort();
          goOn(own);
          reject(new QlikError('unavailable', 'no answer (timeout)'));
        };
        signal.addEventListener('abort', leave, { once: true });
        call(own.signal, () => {
          answering = true;
        }).then(
          (result) => {
            if (late.has(own)) onLate(result);
            else resolve(result);
            end();
          },
          (error) => {
            reject(error);
            end();
          },
        );

        function end(): void {
          signal.removeEventListener('abort', leave);
          own.abort();
        }
      });
    },
  };
}
