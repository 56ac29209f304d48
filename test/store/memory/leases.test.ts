import { createMemoryLeases } from '../../../src/store/memory/leases.ts';
import { describeLeases } from '../../contract/leases-contract.ts';
import { createManualClock } from '../../support/manual-clock.ts';

describeLeases('memory', async () => {
  const clock = createManualClock();
  const leases = createMemoryLeases(clock);
  return { here: leases, there: leases, advance: clock.advance, close: leases.close };
});
