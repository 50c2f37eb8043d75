import { expect, it } from 'vitest';
import { run } from '../../src/process/run.ts';

const timeoutSeconds = 30;

it('a program that ends with us prints, fails and is missing as any other', async () => {
  for (const endsWithUs of [false, true]) {
    const common = { timeoutSeconds, endsWithUs };
    expect(await run({ program: 'echo', args: ['-n', 'hi'], ...common })).toEqual({
      ok: true,
      value: { stdout: 'hi', stderr: '' },
    });
    expect(await run({ program: 'false', args: [], ...common })).toMatchObject({
      error: { code: 'exit', exitCode: 1, message: 'false failed (1)' },
    });
    expect(await run({ program: 'no-such-program', args: [], ...common })).toMatchObject({
      error: { code: 'not-started', message: 'no-such-program could not be started: ENOENT' },
    });
  }
});

it('the kernel is told to end it when we die', async () => {
  // prctl(2): what a process is sent at its parent's death is in no file, but setpriv shows it.
  const asked = { program: 'setpriv', args: ['--dump'], timeoutSeconds };
  const [alone, bound] = [await run(asked), await run({ ...asked, endsWithUs: true })];
  const signalOf = (each: typeof alone): string =>
    each.ok ? (/Parent death signal: (.*)/.exec(each.value.stdout)?.[1] ?? 'none') : '';
  expect([signalOf(alone), signalOf(bound)]).toEqual(['[none]', 'KILL']);
});

it('what is printed is heard as it comes, characters whole', async () => {
  const heard: string[] = [];
  const onText = { from: 'stdout', hear: (text: string) => void heard.push(text) } as const;
  const script = "printf '\\303'; sleep 0.2; printf '\\244 end'";
  const done = await run({ program: 'sh', args: ['-c', script], timeoutSeconds, onText });
  expect(done).toMatchObject({ ok: true, value: { stdout: 'ä end' } });
  expect(heard.join('')).toBe('ä end');
  const missing = { program: 'no-such-program', args: [], timeoutSeconds, onText };
  expect(await run(missing)).toMatchObject({ error: { code: 'not-started' } });
});
