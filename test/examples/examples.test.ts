import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatPolicy } from '../../src/policy/format-policy.ts';
import { readPolicy } from '../../src/policy/read-policy.ts';
import { renderDiagnostics } from '../../src/policy/render-diagnostics.ts';
import { fileReader } from '../policy/reading.ts';

const root = join(import.meta.dirname, '..', '..', 'examples', 'policies');
const all = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.yaml'),
);
const invalid = all.filter((file) => /^invalid\/[^/]+\.yaml$/.test(file));
/** Files that others include are no policies by themselves. */
const valid = all.filter(
  (file) => !file.startsWith('invalid/') && !/^[^/]+\/(?!policy\.yaml$)/.test(file),
);

/** Whole text, with names relative to the folder of the examples. */
function messages(file: string): string {
  const policy = readPolicy(join(root, file), fileReader);
  const diagnostics = policy.ok ? policy.value.warnings : policy.error;
  const text = renderDiagnostics(diagnostics, { color: false });
  return text.replaceAll(`${join(root, file, '..')}/`, '');
}

it('finds the examples', () => {
  expect(valid.length).toBeGreaterThan(6);
  expect(invalid.length).toBeGreaterThan(30);
});

describe.each(valid)('%s', (file) => {
  it('is valid, without a warning', () => expect(messages(file)).toBe(''));
});

describe.each(all.filter((file) => !file.startsWith('invalid/')))('%s', (file) => {
  const text = readFileSync(join(root, file), 'utf8');
  it('is formatted', () => expect(formatPolicy(text)).toEqual({ ok: true, value: text }));
  it('names the schema for editors', () => {
    const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(text) ?? [];
    const path = join(root, file, '..', schema);
    expect(relative(join(root, '..', '..'), path)).toBe('schema/policy.v1.schema.json');
    expect(existsSync(path)).toBe(true);
  });
});

describe.each(invalid)('%s', (file) => {
  it('gets the message beside it', async () => {
    const text = messages(file);
    expect(text).toContain(' error HP');
    await expect(text).toMatchFileSnapshot(join(root, file.replace(/\.yaml$/, '.txt')));
  });
});
