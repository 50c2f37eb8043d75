import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inPrivateFile } from '../../src/hypervisor/libvirt/private-file.ts';

it('I12: a definition has no name on disk while a program reads it: SIGKILL leaves none', async () => {
  const runDir = mkdtempSync(join(tmpdir(), 'hf-private-'));
  try {
    const seen = await inPrivateFile(runDir, '<domain/>', async (file) => {
      const text = readFileSync(file, 'utf8');
      return { text, names: readdirSync(runDir) };
    });
    expect(seen).toEqual({ text: '<domain/>', names: [] });
  } finally {
    rmSync(runDir, { recursive: true });
  }
});

it('what a process left that was killed goes a day later, and nothing that may be in use', async () => {
  const runDir = mkdtempSync(join(tmpdir(), 'hf-private-'));
  try {
    const names = ['virsh-left', 'virsh-young', 'other'];
    for (const name of names) mkdirSync(join(runDir, name));
    writeFileSync(join(runDir, 'virsh-left', 'commands'), '');
    const yesterday = Date.now() / 1000 - 25 * 3600;
    for (const name of ['virsh-left', 'other'])
      utimesSync(join(runDir, name), yesterday, yesterday);
    await inPrivateFile(runDir, '<domain/>', async () => undefined);
    expect(readdirSync(runDir).toSorted()).toEqual(['other', 'virsh-young']);
  } finally {
    rmSync(runDir, { recursive: true });
  }
});
