import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { realLocalFiles } from '../../src/mirror/local-files.ts';

/** A process that was, and is no more. */
const deadPid = (): number => spawnSync('true').pid;

it('what a killed run left beside the mirrors goes a day later, and nothing that may be in use', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'hf-mirrors-'));
  try {
    const above = join(stateDir, 'mirrors');
    const dead = deadPid();
    const daysOld: Readonly<Record<string, number>> = {
      [`work-${dead}-old111`]: 2,
      [`work-${dead}-young1`]: 0.5,
      [`work-${process.pid}-mine11`]: 2,
      'work-before': 2,
      'work-nobody': 40,
      nas: 40,
    };
    for (const [name, days] of Object.entries(daysOld)) {
      mkdirSync(join(above, name, 'below'), { recursive: true });
      writeFileSync(join(above, name, 'below', 'point.json'), '{}');
      const then = Date.now() / 1000 - days * 86_400;
      utimesSync(join(above, name), then, then);
    }
    const made = realLocalFiles.makeScratch(above).slice(above.length + 1);
    expect(made).toMatch(new RegExp(`^work-${process.pid}-.{6}$`));
    expect(readdirSync(above).toSorted()).toEqual(
      ['nas', 'work-before', `work-${dead}-young1`, `work-${process.pid}-mine11`, made].toSorted(),
    );
  } finally {
    rmSync(stateDir, { recursive: true });
  }
});
