import { afterEach, expect, it, vi } from 'vitest';
import { Interrupt } from '../../src/cli/interrupt.ts';

const contextOf = (errIsTty: boolean, err: (text: string) => void) =>
  ({ terminal: { err, errIsTty } }) as unknown as ConstructorParameters<typeof Interrupt>[0];

afterEach(() => vi.restoreAllMocks());

const already =
  'Already stopping: the running job is ended and cleaned up. Once more ends the program at once.';

it('begins on a new line on a terminal, behind a question or ^C', () => {
  let err = '';
  const context = contextOf(true, (text) => void (err += text));
  vi.spyOn(performance, 'now').mockReturnValue(1000);
  {
    using interrupt = new Interrupt(context);
    process.emit('SIGINT', 'SIGINT');
    interrupt.tellBy((line) => void (err += `<${line}>`));
    process.emit('SIGINT', 'SIGINT');
  }
  expect(err).toBe(`\nSIGINT: stopping. No further action is started.\n<${already}>`);
});

it('stops at the first signal, and takes what comes within a second for the same one', () => {
  let err = '';
  const context = contextOf(false, (text) => void (err += text));
  const exit = vi.spyOn(process, 'exit');
  const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
  {
    using interrupt = new Interrupt(context);
    expect([interrupt.by, interrupt.signal.aborted]).toEqual([null, false]);
    process.emit('SIGTERM', 'SIGTERM');
    now.mockReturnValue(1999);
    process.emit('SIGINT', 'SIGINT');
    expect([interrupt.by, interrupt.signal.aborted]).toEqual(['SIGTERM', true]);
  }
  expect(err).toBe(`SIGTERM: stopping. No further action is started.\n${already}\n`);
  expect(exit).not.toHaveBeenCalled();
  expect([process.listenerCount('SIGINT'), process.listenerCount('SIGTERM')]).toEqual([0, 0]);
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('ends the process where it is at a second %s', (signal, status) => {
  let err = '';
  const context = contextOf(false, (text) => void (err += text));
  const exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as () => never);
  const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
  using interrupt = new Interrupt(context);
  process.emit('SIGTERM', 'SIGTERM');
  now.mockReturnValue(2000);
  process.emit(signal, signal);
  expect([interrupt.by, exit.mock.calls]).toEqual(['SIGTERM', [[status]]]);
  expect(err).toBe(
    `SIGTERM: stopping. No further action is started.\n${signal}: ended at once. The journal says where; the next plan shows what is to be repaired.\n`,
  );
});
