import type { Failure } from '../model/result.ts';
import type { CommandFailure } from '../process/run.ts';

/** What a program says when it fails, and what that means; captured in test/captures/mirror. */
interface Saying {
  readonly form: RegExp;
  readonly code: string;
  readonly remedy: string;
}

/** What to do when a directory there may not be written. */
export const giveRights =
  'give the account there the right to read and write the mirror’s directory';

/** What to do when it is full there. */
export const makeRoom = 'make room there; the copy is then gone on with';

// In this order: ssh says first why, and rsync then only that the connection ended.
const sayings: readonly Saying[] = [
  {
    form: /Host key verification failed|knownhosts: key (?:is unknown|mismatch)|REMOTE HOST IDENTIFICATION HAS CHANGED/,
    code: 'host-key-unknown',
    remedy: 'check the far end’s host key and put it into the known-hosts file',
  },
  {
    form: /No space left on device|Disk quota exceeded|File too large|507 Insufficient|Insufficient Storage|QuotaExceeded|quota exceeded/i,
    code: 'mirror-full',
    remedy: makeRoom,
  },
  {
    form: /Read-only file system/,
    code: 'permission',
    remedy:
      'it is read-only there; mount it so that it can be written, or name it to packaging/install.sh, which lets the agent’s unit write there',
  },
  {
    form: /Permission denied \((?:publickey|password|keyboard|gssapi|none)|unable to authenticate|Too many authentication failures/,
    code: 'permission',
    remedy: 'the account there does not accept this key; check user and identity file',
  },
  {
    form: /(?:Permission|Operation) (?:denied|not permitted)|AccessDenied|Access Denied|403 Forbidden|401 Unauthorized|SignatureDoesNotMatch|InvalidAccessKeyId|permission denied/,
    code: 'permission',
    remedy: giveRights,
  },
  {
    form: /(?:change_dir|cannot stat destination|mkdir) "[^\n]*No such file or directory|directory not found/,
    code: 'mirror-missing',
    remedy: 'mount its disk or make the directory',
  },
  {
    form: /didn't find section in config file/,
    code: 'mirror-missing',
    remedy: 'rclone’s configuration has no remote of that name; see rclone config file',
  },
  {
    form: /Could not resolve hostname|Temporary failure in name resolution|no such host|server misbehaving/,
    code: 'mirror-unreachable',
    remedy: 'the name has no address; check it and the network',
  },
  {
    form: /Connection (?:refused|timed out|reset|closed)|No route to host|Network is unreachable|Operation timed out|not responding|connection refused|i\/o timeout|connection reset|network is unreachable|connection lost|TLS handshake timeout|context deadline exceeded|broken pipe|dial tcp|Broken pipe|unexpected EOF|timeout in data send\/receive|timeout waiting for daemon|503 Service|502 Bad Gateway|500 Internal/,
    code: 'mirror-unreachable',
    remedy: 'check that it is running and the network to it',
  },
  {
    form: /rsync: (?:command )?not found|rsync: No such file|\(code 127\)|remote command not found|not found$/m,
    code: 'not-supported',
    remedy: 'install rsync there, and give the account a shell that finds it',
  },
  {
    form: /unknown option|does not run rsync|This service allows sftp connections only|This account is currently not available/,
    code: 'not-supported',
    remedy: 'the account or the rsync there does not allow this',
  },
  {
    form: /connection unexpectedly closed|client_loop: send disconnect/,
    code: 'mirror-unreachable',
    remedy: 'the connection ended in the middle; what has arrived is gone on with',
  },
];

// Lines that only say that something failed, after the line that says why.
const empty =
  /^(?:rsync error: |rsync warning: |\*\*\* |@|rsync: (?:connection unexpectedly closed|\[[A-Za-z]+\] write error))/;

/** The failure in terms of the mirror: a code that lasts, and one sentence with the program's own words. */
export function farFailure(name: string, target: string, failure: CommandFailure): Failure {
  const where = `mirror ${name} (${target})`;
  if (failure.code === 'canceled') return { code: 'canceled', message: `${where}: stopped` };
  if (failure.code === 'timed-out') {
    return {
      code: 'mirror-unreachable',
      message: `${where}: ${failure.message}; check that it is running and the network to it`,
    };
  }
  if (failure.code === 'not-started') {
    return {
      code: 'not-supported',
      message: `${where}: ${failure.message}; install ${failure.program} on this host`,
    };
  }
  const said = wordsOf(failure.stderr);
  const saying = sayings.find(({ form }) => form.test(said));
  if (saying === undefined) {
    const last = lastWords(said, /^/);
    return { code: 'mirror-failed', message: `${where}: ${last === '' ? failure.message : last}` };
  }
  const why = lastWords(said, saying.form);
  return { code: saying.code, message: `${where}: ${why}; ${saying.remedy}` };
}

/** rclone's log in words: of a JSON line its message, of a plain one what follows the date. */
function wordsOf(stderr: string): string {
  return stderr
    .split('\n')
    .map((line) => {
      if (!line.startsWith('{')) return line.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, '');
      try {
        const entry: unknown = JSON.parse(line);
        const isEntry = typeof entry === 'object' && entry !== null && 'msg' in entry;
        // Statistics come on the same way; they are no words of a failure.
        if (!isEntry || 'stats' in entry) return '';
        return 'object' in entry
          ? `${String(entry.object)}: ${String(entry.msg)}`
          : String(entry.msg);
      } catch (error) {
        if (error instanceof SyntaxError) return line;
        throw error;
      }
    })
    .join('\n');
}

// A sentence, not a log.
const maxCharacters = 300;

/** The last line of that form that says something. */
function lastWords(said: string, form: RegExp): string {
  const lines = said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling = lines.filter((line) => !empty.test(line));
  const line =
    telling.findLast((each) => form.test(each)) ??
    telling.at(-1) ??
    lines.findLast((each) => form.test(each)) ??
    '';
  return line.replace(/\.$/, '').slice(0, maxCharacters);
}
