import { createMemoryCallLimits } from '../../../src/store/memory/call-limits.ts';
import { describeCallLimits } from '../../contract/call-limits-contract.ts';
import { createManualClock } from '../../support/manual-clock.ts';

describeCallLimits('memory', async (options) => {
  const clock = createManualClock();
  const limits = createMemoryCallLimits({ ...options, now: clock.now });
  return { here: limits, there: limits, advance: clock.advance, close: async () => {} };
});
