import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
