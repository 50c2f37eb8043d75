import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { watchRoom, type RoomEnd } from '../../src/process/room-watch.ts';

// More than any disk has: three seconds of what 64 MiB in a millisecond would be.
const content = Buffer.alloc(64 * 1024 ** 2, 1);

async function watched(
  grow: (file: string) => void,
  limitBytes: number,
): Promise<readonly RoomEnd[]> {
  const directory = mkdtempSync(join(tmpdir(), 'hf-room-'));
  const file = join(directory, 'vda.scratch');
  writeFileSync(file, content);
  const ends: RoomEnd[] = [];
  const given = { files: [file], directory, limitBytes, reserveBytes: 0, script: 'true', args: [] };
  const stop = watchRoom(given, (end) => ends.push(end));
  try {
    // The thread starts, and looks some times.
    for (let look = 0; look < 10 && ends.length === 0; look += 1) {
      grow(file);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return ends;
  } finally {
    stop();
    rmSync(directory, { recursive: true });
  }
}

it('what was there before the first look is no growth', async () => {
  expect(await watched(() => undefined, 2 * content.length)).toEqual([]);
});

it('I14: growth towards the limit ends it before the limit is reached', async () => {
  const ends = await watched(
    (file) => appendFileSync(file, content.subarray(0, 2 ** 22)),
    2 * content.length,
  );
  expect(ends).toEqual([{ kind: 'limit' }]);
});
