import { digestOf } from '../../model/canonical.ts';
import { seen, type Failure, type Seen } from '../../model/result.ts';
import { firstFailure, type Asker, type Group } from './ask-groups.ts';
import { readDomainXml, type DefinedDomain } from './domain-xml.ts';
import { isNoBackup } from './job.ts';
import { linesOf, type Listed } from './listed.ts';
import { readPowerState, type Power } from './power-state.ts';
import type { Block } from './virsh.ts';

/** What the first questions gave of one domain. */
export interface Known {
  readonly listed: Listed;
  /** The live definition of an active domain, else the inactive one. */
  readonly defined: DefinedDomain;
  readonly power: Power;
  readonly digest: string;
  /** What `backup-dumpxml` says of a running backup job; null when there is none. */
  readonly backup: string | null;
  readonly snapshots: readonly string[];
  readonly checkpointNames: Seen<readonly string[]>;
}

/** A part of a domain, or why there is none. */
export type Part<T> = { readonly known: T } | { readonly failure: Failure };

/** Definition, state, backup job, and the names of snapshots and checkpoints; `tell` hears of each as soon as it is known. */
export async function askFirst(
  asker: Asker,
  listed: readonly Listed[],
  tell: (known: Known) => void,
): Promise<ReadonlyMap<Listed, Part<Known>>> {
  const parts = new Map<Listed, Part<Known>>();
  await asker.askGroups(
    listed.map((domain): Group<Listed> => {
      const { uuid } = domain;
      return {
        key: domain,
        commands: [
          // Of a domain that is off they are the same, and the shorter is read sooner.
          domain.active ? ['dumpxml', '--inactive', uuid] : ['dumpxml', uuid],
          ...(domain.power === null ? [['domstate', '--reason', uuid]] : []),
          ...(domain.active
            ? [
                ['dumpxml', uuid],
                ['backup-dumpxml', uuid],
              ]
            : []),
          ...(domain.hasSnapshots ? [['snapshot-list', '--internal', '--name', uuid]] : []),
          ...(domain.hasCheckpoints ? [['checkpoint-list', '--name', uuid]] : []),
        ],
      };
    }),
    (domain, blocks) => {
      const part = knownOf(domain, blocks);
      parts.set(domain, part);
      if ('known' in part) tell(part.known);
    },
  );
  return parts;
}

function knownOf(listed: Listed, blocks: readonly Block[]): Part<Known> {
  const rest = [...blocks];
  const inactive = rest.shift();
  const state = listed.power === null ? rest.shift() : undefined;
  const live = listed.active ? rest.shift() : inactive;
  const backup = listed.active ? rest.shift() : undefined;
  const snapshots = listed.hasSnapshots ? rest.shift() : undefined;
  const checkpoints = listed.hasCheckpoints ? rest.shift() : undefined;
  const failure = firstFailure([
    inactive,
    ...(listed.power === null ? [state] : []),
    live,
    ...(listed.hasSnapshots ? [snapshots] : []),
  ]);
  if (failure !== null) return { failure };
  const defined = readDomainXml(valueOf(live));
  const power = listed.power ?? readPowerState(valueOf(state));
  if (defined === null || defined.uuid !== listed.uuid)
    return {
      failure: {
        code: 'unreadable-definition',
        message: 'the definition that virsh printed cannot be read',
      },
    };
  if (power === null)
    return {
      failure: { code: 'unreadable-state', message: 'the state that virsh printed cannot be read' },
    };
  if ((power.state === 'off') !== (defined.runningId === null))
    return {
      failure: {
        code: 'changed-meanwhile',
        message: 'the domain was started or stopped while it was looked at',
      },
    };
  if (backup?.ok === false && backup.error.code !== 'not-supported' && !isNoBackup(backup))
    return { failure: backup.error };
  return {
    known: {
      listed,
      defined,
      power,
      digest: definitionDigest(valueOf(inactive)),
      backup: backup?.ok === true ? backup.value : null,
      snapshots: linesOf(valueOf(snapshots)),
      checkpointNames: namesOf(checkpoints),
    },
  };
}

/** The text of an answer; empty without one. */
export const valueOf = (block: Block | undefined): string =>
  block?.ok === true ? block.value : '';

function namesOf(block: Block | undefined): Seen<readonly string[]> {
  if (block === undefined) return seen([]);
  if (!block.ok) return { seen: false, failure: block.error };
  return seen(block.value.split('\n').filter((line) => line !== ''));
}

/** SHA-256 of an inactive definition as `dumpxml` prints it without `--security-info`. Indentation does not count. */
export function definitionDigest(xml: string): string {
  return digestOf(linesOf(xml).map((line) => line.trim()));
}
