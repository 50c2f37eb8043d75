import { expect, it } from 'vitest';
import { parseFound } from '../../src/mirror/far-find.ts';
import { parseRcloneList } from '../../src/mirror/rclone-list.ts';
import { hearStatistics } from '../../src/mirror/rclone-run.ts';
import {
  hearRsyncProgress,
  parseRsyncDirectories,
  parseRsyncList,
  parseRsyncStats,
} from '../../src/mirror/rsync-output.ts';

it('find: names of any kind, and free space', () => {
  const head = [
    'Filesystem     1024-blocks     Used Available Capacity Mounted on',
    '/dev/vda         263174212 33000000  75000000      31% /vol of mine',
    '//',
    'present',
    '',
  ];
  const files = ['f 3 1.5 a/b c.txt', 'l 4 2.0 link', 'p 0 3.0 pipe', 'f 1 4.0 new\nline', ''];
  expect(parseFound(`${head.join('\n')}${files.join('\0')}`)).toEqual({
    present: true,
    freeBytes: 75_000_000 * 1024,
    totalBytes: 269_490_393_088,
    files: [
      { path: 'a/b c.txt', kind: 'file', bytes: 3, version: '1.5' },
      { path: 'link', kind: 'symlink', bytes: 4, version: '2.0' },
      { path: 'pipe', kind: 'other', bytes: 0, version: '3.0' },
      { path: 'new\nline', kind: 'file', bytes: 1, version: '4.0' },
    ],
  });
  expect(parseFound('//\n')).toEqual({ present: false, files: [], freeBytes: null });
});

it('rsync: a listing, as 3.5 prints it', () => {
  const listing = [
    'drwxr-xr-x        4096 2026/11/22 07:12:30 .',
    'drwxr-xr-x        4096 2026/11/22 07:12:30 some domains',
    '-rw-r--r--     3000000 2026/11/22 07:12:30 some domains/a b',
    '-rw-r--r--           0 2026/11/22 07:12:30 zero',
    'lrwxrwxrwx           4 2026/11/22 07:12:30 link -> /etc',
    '',
  ].join('\n');
  expect(parseRsyncList(listing)).toEqual([
    { path: 'some domains/a b', kind: 'file', bytes: 3_000_000, version: '2026/11/22 07:12:30' },
    { path: 'zero', kind: 'file', bytes: 0, version: '2026/11/22 07:12:30' },
    { path: 'link', kind: 'symlink', bytes: 4, version: '2026/11/22 07:12:30' },
  ]);
  expect(parseRsyncDirectories(listing)).toEqual(['some domains']);
});

it('rsync: progress in any pieces, and counts', () => {
  const heard: number[] = [];
  const hear = hearRsyncProgress((bytes) => void heard.push(bytes));
  const text =
    '\r         32768   1%    0.00kB/s    0:00:00  \r       3000000 100%    8.42MB/s    0:00:00 (xfr#1, to-chk=1/4)\n';
  for (const character of text) hear(character);
  expect(heard).toEqual([32_768, 2_967_232]);
  const stats =
    'Number of regular files transferred: 2\nTotal file size: 9 bytes\nTotal transferred file size: 3000000 bytes\n';
  expect(parseRsyncStats(stats)).toEqual({ files: 2, bytes: 3_000_000 });
});

it('rclone: a listing, and what is none', () => {
  const entry = { Path: 'a/b', Name: 'b', Size: 6, ModTime: '2026-11-22T07:07:16Z', IsDir: false };
  expect(parseRcloneList('nas', JSON.stringify([entry]))).toEqual({
    ok: true,
    value: {
      present: true,
      files: [{ path: 'a/b', kind: 'file', bytes: 6, version: '2026-11-22T07:07:16Z' }],
      freeBytes: null,
    },
  });
  expect(parseRcloneList('nas', '{"x":1}')).toMatchObject({
    error: {
      code: 'mirror-failed',
      message:
        'mirror nas: rclone lsjson printed no list of files: its output must be a list, not an object',
    },
  });
});

const line = (bytes: number, transfers: number): string =>
  `{"level":"notice","msg":"x","stats":{"bytes":${bytes},"checks":0,"transfers":${transfers}},"time":"t"}\n`;

it('rclone: statistics in the log, in any pieces', () => {
  const heard: number[] = [];
  const statistics = hearStatistics((bytes) => void heard.push(bytes));
  for (const character of `${line(10, 0)}plain\n${line(25, 2)}`) statistics.hear(character);
  expect(heard).toEqual([10, 15]);
  expect(statistics.sum()).toEqual({ files: 2, bytes: 25 });
});
