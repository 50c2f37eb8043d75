import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readTrouble, writeTrouble } from '../../src/cli/file-trouble.ts';
import { Cli } from './cli.ts';

/** What an operation fails with. */
function errorOf(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error('It did not fail.');
}

/** An error of the operating system that root cannot bring about. */
const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: raw words`), { code, syscall: 'open' });

it('says why a file cannot be read, with its path and the remedy', () => {
  using cli = new Cli();
  const told = (name: string): string => {
    const path = join(cli.dir, name);
    const error = errorOf(() => readFileSync(path));
    return readTrouble(error, path, 'make it').replaceAll(cli.dir, 'DIR');
  };
  mkdirSync(join(cli.dir, 'directory'));
  cli.write('file', '');
  symlinkSync('loop', join(cli.dir, 'loop'));
  expect(told('none')).toBe('there is no file DIR/none; make it');
  expect(told('directory')).toBe('DIR/directory is a directory; name a file');
  expect(told('file/x')).toBe(
    'a part of the path DIR/file/x is a file, not a directory; correct the path',
  );
  expect(told('loop')).toBe(
    'the symbolic links at DIR/loop lead in a circle; name the file itself',
  );
  expect(told('x'.repeat(300))).toBe('the path is too long; choose a shorter one');
  expect(readTrouble(systemError('EACCES'), '/x')).toBe(
    'this user may not read /x; run as root, or change its permissions',
  );
  expect(readTrouble(systemError('EIO'), '/x')).toBe(
    'the disk reports an error; look at it and at the kernel log',
  );
  expect(readTrouble(new Error('another'), '/x')).toBe('another');
});

it('says why a file cannot be written', () => {
  using cli = new Cli();
  const path = join(cli.dir, 'none/x');
  const error = errorOf(() => writeFileSync(path, ''));
  expect(writeTrouble(error, path).replaceAll(cli.dir, 'DIR')).toBe(
    'there is no directory DIR/none; make it, or choose another place',
  );
  expect(writeTrouble(systemError('EACCES'), '/a/x')).toBe(
    'this user may not write to /a; run as root, or choose another place',
  );
  expect(writeTrouble(systemError('EROFS'), '/a/x')).toBe(
    'the file system of /a/x is read-only; choose another place',
  );
  expect(writeTrouble(systemError('ENOSPC'), '/a/x')).toBe(
    'no space is left for /a/x; make room, or choose another place',
  );
  expect(writeTrouble(systemError('EEXIST'), '/a/x')).toBe(
    '/a/x is there already; choose another name',
  );
});
