import { expect, it } from 'vitest';
import { Interrupt } from '../../src/cli/interrupt.ts';

it('stops at the first signal, and says at the next that it is stopping already', () => {
  let err = '';
  const context = {
    terminal: { err: (text: string) => void (err += text) },
  } as unknown as ConstructorParameters<typeof Interrupt>[0];
  {
    using interrupt = new Interrupt(context);
    expect([interrupt.by, interrupt.signal.aborted]).toEqual([null, false]);
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGINT', 'SIGINT');
    expect([interrupt.by, interrupt.signal.aborted]).toEqual(['SIGTERM', true]);
  }
  expect(err).toBe(
    'SIGTERM: stopping. No further action is started.\n' +
      'Already stopping: the running job is ended and cleaned up. Please wait.\n',
  );
  expect([process.listenerCount('SIGINT'), process.listenerCount('SIGTERM')]).toEqual([0, 0]);
});
