import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { errorNumber } from '../store/attempt.ts';

/** The keys of an ALLOWED SIGNERS file (ssh-keygen(1)). */
export interface Signers {
  /** The file without the keys whose time is over, as git is to read it. */
  readonly text: string;
  /** Fingerprints of all keys in it, as `SHA256:…`, and of those whose time is over. */
  readonly listed: ReadonlySet<string>;
  readonly expired: ReadonlySet<string>;
}

// A thousand keys are a tenth of this.
const maxBytes = 1024 ** 2;

/**
 * Reads who may sign. git compares `valid-before` with the date that a commit
 * gives itself, so whoever holds an old key could date a commit back: a key
 * whose time is over by our clock is left out altogether.
 */
export function readSigners(path: string, nowMs: number): Result<Signers, Failure> {
  const content = readGuarded(path);
  if (!content.ok) return content;
  const lines = content.value.split('\n').map((line) => ({ line, key: keyIn(line) }));
  const listed = new Set(lines.flatMap(({ key }) => (key === null ? [] : [key.fingerprint])));
  if (listed.size === 0)
    return fail({ code: 'no-signers', message: `${path} names no key, so nobody can sign` });
  const isOver = (validBefore: number | null): boolean =>
    validBefore !== null && validBefore <= nowMs;
  const good = lines.filter(({ key }) => key !== null && !isOver(key.validBefore));
  const valid = new Set(good.map(({ key }) => key?.fingerprint));
  return ok({
    text: good.map(({ line }) => `${line}\n`).join(''),
    listed,
    expired: new Set([...listed].filter((fingerprint) => !valid.has(fingerprint))),
  });
}

/** The text of a file that decides whom we trust: only its owner may write it, and that is root or us. */
export function readGuarded(path: string): Result<string, Failure> {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const number = errorNumber(error);
    if (number === null) throw error;
    const why = number === 'ENOENT' ? 'it is not there' : `it cannot be read (${number})`;
    return fail({ code: 'signers-file', message: `${path}: ${why}; the host file names it` });
  }
  try {
    const stat = fstatSync(descriptor);
    const why = !stat.isFile()
      ? 'it is not a file'
      : stat.size > maxBytes
        ? 'it is larger than 1 MiB'
        : stat.uid !== 0 && stat.uid !== process.getuid?.()
          ? 'it belongs to another user; chown root it'
          : (stat.mode & 0o022) === 0
            ? null
            : 'others may write it; chmod go-w it';
    if (why !== null) return fail({ code: 'signers-file', message: `${path}: ${why}` });
    return ok(readFileSync(descriptor, 'utf8'));
  } finally {
    closeSync(descriptor);
  }
}

const keyForm = /(?:^|\s)(?:ssh-|ecdsa-|sk-)[\w@.-]+\s+([A-Za-z0-9+/]+={0,2})(?:\s|$)/;
const beforeForm = /valid-before="?(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z)?/i;

interface Key {
  readonly fingerprint: string;
  readonly validBefore: number | null;
}

/** The key of a line; null of a comment, an empty line, or one that ssh-keygen would not take. */
function keyIn(line: string): Key | null {
  if (line.trimStart().startsWith('#')) return null;
  const [all, blob = ''] = keyForm.exec(line) ?? [];
  if (all === undefined) return null;
  const digest = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64');
  return {
    fingerprint: `SHA256:${digest.replace(/=+$/, '')}`,
    validBefore: endOf(line.slice(0, line.indexOf(blob))),
  };
}

/** ssh-keygen(1): a date or a time, in the host's own zone unless it ends in Z. */
function endOf(options: string): number | null {
  const found = beforeForm.exec(options);
  if (found === null) return null;
  const [, year, month, day, hour = '00', minute = '00', second = '00', zone = ''] = found;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone.toUpperCase()}`);
}
