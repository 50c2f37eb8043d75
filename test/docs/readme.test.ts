import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Cli } from '../cli/cli.ts';
import { readmeWorld } from './readme-world.ts';

const path = join(import.meta.dirname, '..', '..', 'README.md');
const readme = readFileSync(path, 'utf8');
/** `UPDATE=1` writes the plan; read the diff before it is committed. */
const isUpdate = process.env['UPDATE'] === '1';

/** The first block of code in this language. */
function firstBlock(language: string): string {
  const form = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm');
  return form.exec(readme)?.[1] ?? '';
}

it('shows a valid policy in its usual form, and the plan that the program makes of it', async () => {
  const policy = firstBlock('yaml');
  expect(policy).toContain('version: 1');
  using cli = new Cli();
  cli.write('policy.yaml', policy);
  cli.write('observed.json', readmeWorld(policy));
  const valid = { exit: 0, out: 'policy.yaml: no errors\n', err: '' };
  expect(await cli.run(['validate', '--strict'])).toEqual(valid);
  expect(await cli.run(['fmt', '--check'])).toEqual({ exit: 0, out: '', err: '' });
  const plan = await cli.run(['plan', '--observed', 'observed.json']);
  if (isUpdate)
    writeFileSync(
      path,
      readme.replace(firstBlock('text'), () => plan.out),
    );
  else expect(plan).toEqual({ exit: 0, out: firstBlock('text'), err: '' });
});
