import { fail, type Failure, type Result } from '../../model/result.ts';
import { failureOf, type Block } from './virsh.ts';

/** What one command said, and how long it took. */
export interface Timed {
  readonly block: Block;
  readonly milliseconds: number;
}

/** What the virsh of a guard said of freezing, beginning and thawing. */
export interface BeginOutput {
  /** null when no freeze was asked for. */
  readonly freeze: Timed | null;
  readonly begin: Timed;
  readonly thaw: Timed | null;
}

/**
 * The lines for the guard's virsh. Freeze, begin and thaw stand on one line
 * between echoes of the nonce: virsh goes on after a failure, so the thaw is
 * sent whatever happens before.
 */
export function beginCommands(
  nonce: string,
  begin: readonly string[],
  freeze: { readonly uuid: string; readonly agentSeconds: number } | null,
): string {
  const mark = `echo '${nonce.slice(0, 1)}'${nonce.slice(1)}`;
  const line = begin.join(' ');
  if (freeze === null) return `${mark};${line};${mark}\n`;
  const { uuid, agentSeconds } = freeze;
  return (
    `${thawLimit(uuid, agentSeconds)}\n` +
    `${mark};domfsfreeze ${uuid};${mark};${line};${mark};domfsthaw ${uuid};${mark}\n` +
    // Back to libvirt's own default: other tools' commands wait as they did.
    `guest-agent-timeout ${uuid}\n`
  );
}

/** The lines that thaw a guest, without waiting for ever for its agent. */
export function thawCommands(uuid: string, agentSeconds: number): string {
  return `${thawLimit(uuid, agentSeconds)}\ndomfsthaw ${uuid}\nguest-agent-timeout ${uuid}\n`;
}

const thawLimit = (uuid: string, agentSeconds: number): string =>
  `guest-agent-timeout ${uuid} --timeout ${Math.max(1, Math.ceil(agentSeconds))}`;

/** Reads the output of `virsh -t` for those lines; fails if virsh never came to the end. */
export function readBeginOutput(
  text: string,
  nonce: string,
  frozen: boolean,
): Result<BeginOutput, Failure> {
  const parts = text.split(nonce).slice(1, -1).map(timed);
  const [first, second, third] = parts;
  if (frozen && first !== undefined && second !== undefined && third !== undefined) {
    return { ok: true, value: { freeze: first, begin: second, thaw: third } };
  }
  if (!frozen && first !== undefined) {
    return { ok: true, value: { freeze: null, begin: first, thaw: null } };
  }
  const said = [...text.matchAll(/^error: (.*)$/gm)].map((found) => found[1] ?? '').join(': ');
  return fail(
    said === ''
      ? { code: 'begin-lost', message: 'virsh ended before it began the backup job' }
      : failureOf(said),
  );
}

const timeForm = /\(Time: ([\d.]+) ms\)/g;

function timed(part: string): Timed {
  const times = [...part.matchAll(timeForm)].map((found) => Number(found[1]));
  const errors = [...part.matchAll(/^error: (.*)$/gm)].map((found) => found[1] ?? '');
  return {
    block:
      errors.length === 0
        ? { ok: true, value: part.replaceAll(timeForm, '').trim() }
        : fail(failureOf(errors.join(': '))),
    // The first time is the echo's own.
    milliseconds: times.at(-1) ?? 0,
  };
}
