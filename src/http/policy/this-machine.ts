import { isLoopback } from '../../config/loopback.ts';

/** Whether a `Host` header can only mean this machine: another site's name can be made to lead here. */
export function namesThisMachine(host: string | undefined): boolean {
  return (
    host !== undefined && URL.canParse(`http://${host}`) && isLoopback(new URL(`http://${host}`).hostname)
  );
}
