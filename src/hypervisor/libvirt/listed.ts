import { isDomainUuid, type DomainUuid } from '../../model/identity.ts';
import { seen, unseen, type Seen } from '../../model/result.ts';
import { firstFailure, type Asker } from './ask-groups.ts';
import { readPowerStates, type Power } from './power-state.ts';

/** A line of `list --uuid --name`, and what the other lists say of it. */
export interface Listed {
  readonly uuid: DomainUuid;
  readonly name: string;
  readonly active: boolean;
  readonly persistent: boolean;
  readonly managedSave: boolean;
  readonly hasSnapshots: boolean;
  readonly hasCheckpoints: boolean;
  /** null when it was not asked of all at once. */
  readonly power: Power | null;
}

/**
 * Which domains there are, and what only lists say of them; with the states of
 * all in one answer, because a question for each is a third of the time that
 * 2,000 domains take.
 */
export async function listDomains(
  asker: Asker,
  withStates: boolean,
): Promise<Seen<{ readonly version: string; readonly domains: readonly Listed[] }>> {
  const answers = await asker.askAll([
    ['version'],
    ['list', '--all', '--uuid', '--name'],
    ['list', '--uuid'],
    ['list', '--all', '--persistent', '--uuid'],
    ['list', '--all', '--with-managed-save', '--uuid'],
    ['list', '--all', '--with-snapshot', '--uuid'],
    ['list', '--all', '--with-checkpoint', '--uuid'],
    ...(withStates ? [['domstats', '--state']] : []),
  ]);
  const failure = firstFailure(answers);
  if (failure !== null) return unseen(failure.code, `libvirt cannot be asked: ${failure.message}`);
  const [version = '', all = '', ...lists] = answers.map((block) => (block.ok ? block.value : ''));
  const powers = withStates ? readPowerStates(lists.pop() ?? '') : null;
  const [active, persistent, saved, snapshots, checkpoints] = lists.map(
    (text) => new Set(linesOf(text).map((line) => line.trim())),
  );
  return seen({
    version: versionOf(version),
    domains: linesOf(all).flatMap((line) => {
      const uuid = line.slice(0, 36);
      if (!isDomainUuid(uuid)) return [];
      const name = line.slice(37);
      return [
        {
          uuid,
          name,
          power: powers?.get(name) ?? null,
          active: active?.has(uuid) ?? false,
          persistent: persistent?.has(uuid) ?? false,
          managedSave: saved?.has(uuid) ?? false,
          hasSnapshots: snapshots?.has(uuid) ?? false,
          hasCheckpoints: checkpoints?.has(uuid) ?? false,
        },
      ];
    }),
  });
}

/** The lines of an answer that are not blank. */
export const linesOf = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line.trim() !== '');

/** `libvirt 9.0.0, QEMU 7.2.22`, from `virsh version`. */
function versionOf(text: string): string {
  const [, library] = /Using library: (.+)/.exec(text) ?? [];
  const [, hypervisor] = /Running hypervisor: (.+)/.exec(text) ?? [];
  return [library, hypervisor].filter((part) => part !== undefined).join(', ');
}
