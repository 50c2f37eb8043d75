import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LeftFile } from '../model/observed.ts';
import { errorNumber } from './attempt.ts';

/** What is there of some paths, without following links; throws the operating system's error. */
export async function leftFiles(paths: readonly string[]): Promise<readonly LeftFile[]> {
  const looked = await Promise.all(
    [...new Set(paths)].map(async (path): Promise<readonly LeftFile[]> => {
      const stat = await statOf(path);
      return stat === null ? [] : [{ path, bytes: await bytesOf(path, stat) }];
    }),
  );
  return looked.flat();
}

async function statOf(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    const code = errorNumber(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

/** What is allocated, not the size: scratch files are as sparse as what guests overwrite. */
async function bytesOf(path: string, stat: Stats): Promise<number> {
  // st_blocks counts 512 bytes whatever the file system (stat(2)).
  if (!stat.isDirectory()) return stat.blocks * 512;
  let sum = 0;
  for (const name of await namesIn(path)) {
    const inside = await statOf(join(path, name));
    if (inside !== null) sum += await bytesOf(join(path, name), inside);
  }
  return sum;
}

/** A guard may be removing the directory at this moment. */
async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (errorNumber(error) === 'ENOENT') return [];
    throw error;
  }
}
