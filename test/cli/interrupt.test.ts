import { expect, it } from 'vitest';
import { Interrupt } from '../../src/cli/interrupt.ts';

const contextOf = (errIsTty: boolean, err: (text: string) => void) =>
  ({ terminal: { err, errIsTty } }) as unknown as ConstructorParameters<typeof Interrupt>[0];

it('begins on a new line on a terminal, behind a question or ^C', () => {
  let err = '';
  const context = contextOf(true, (text) => void (err += text));
  {
    using interrupt = new Interrupt(context);
    process.emit('SIGINT', 'SIGINT');
    interrupt.tellBy((line) => void (err += `<${line}>`));
    process.emit('SIGINT', 'SIGINT');
  }
  expect(err).toBe(
    '\nSIGINT: stopping. No further action is started.\n' +
      '<Already stopping: the running job is ended and cleaned up. Please wait.>',
  );
});

it('stops at the first signal, and says at the next that it is stopping already', () => {
  let err = '';
  const context = contextOf(false, (text) => void (err += text));
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
