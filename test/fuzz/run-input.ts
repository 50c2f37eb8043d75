import { Script } from 'node:vm';
import type { Target } from './target.ts';

// An input has at most 64 KiB; a second is a hundred times what the slowest
// reader takes for that. The processor's time is counted, not the clock's, so
// that a busy machine is no finding; it is that of the process, in which other
// test files may work at the same time.
const maxSeconds = 10;
// A run that never ends is ended here.
const hangMilliseconds = 20_000;

const hook = 'holdfastFuzzOnce';
// The timeout of a script ends whatever it calls, an endless loop as well.
const script = new Script(`globalThis.${hook}()`);

/** What an input does to a target; null if all that must hold does. */
export async function faultOf(target: Target, input: Buffer): Promise<Error | null> {
  const before = process.cpuUsage();
  let result: unknown;
  Reflect.set(globalThis, hook, () => {
    result = target.run(Buffer.from(input));
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    script.runInThisContext({ timeout: hangMilliseconds });
    if (result instanceof Promise) {
      const hang = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error('It never ends.')), hangMilliseconds);
      });
      await Promise.race([result, hang]);
    }
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    clearTimeout(timer);
  }
  const used = process.cpuUsage(before);
  const seconds = (used.user + used.system) / 1e6;
  return target.slow === true || seconds < maxSeconds
    ? null
    : new Error(`It takes more than ${maxSeconds} s of processor time.`);
}
