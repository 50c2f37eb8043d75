import type { Backup } from '../model/backup-action.ts';
import type { DesiredDrill } from '../model/desired.ts';
import type { Drill } from '../model/drill-action.ts';
import type { ObservedDrills } from '../model/drill.ts';
import { pointDirectory, type DomainUuid } from '../model/identity.ts';
import type { Note } from '../model/plan.ts';
import { copyKey, type CopyDecision, type CopyDecisions } from './copy-decision.ts';
import type { DomainDecision } from './domain-decision.ts';
import { drillAction, type DrillCandidate } from './drill-action.ts';
import { drillAgainAt, drillReason } from './drill-dueness.ts';
import { note } from './note.ts';
import type { DomainSituation, Planning } from './planning.ts';

/** What is drilled, and what is said of drills that are not made. */
export interface DrillDecisions {
  readonly drills: readonly Drill[];
  readonly notes: readonly Note[];
}

/** What is known when drills are decided: what this plan backs up and copies. */
export interface BeforeDrills {
  readonly decisions: ReadonlyMap<DomainUuid, DomainDecision>;
  /** Ids of backups that do not come. */
  readonly blocked: ReadonlySet<string>;
  readonly copies: CopyDecisions;
}

/**
 * The drills that are due: of each domain of the policy that asks for one, also of one that is gone from
 * this host, the newest sound point. Nothing is booted where a part of it could not be seen.
 */
export function decideDrills(planning: Planning, before: BeforeDrills): DrillDecisions {
  const host = planning.observed.drills;
  if (host === undefined || !planning.observed.hypervisor.seen) return { drills: [], notes: [] };
  const all = planning.domains.map((domain) => decide(planning, domain, host, before));
  return {
    drills: all.flatMap(({ drills }) => drills),
    notes: all.flatMap(({ notes }) => notes),
  };
}

const nothing: DrillDecisions = { drills: [], notes: [] };

function decide(
  planning: Planning,
  domain: DomainSituation,
  host: ObservedDrills,
  before: BeforeDrills,
): DrillDecisions {
  const { desired, store, ignored } = domain;
  const drill = desired?.drill;
  if (desired === null || drill === undefined || ignored !== null) return nothing;
  if (store === null || store.ref === null || store.trouble !== null) return nothing;
  const memory = domain.directory?.drills ?? null;
  const reason = drillReason(drill, memory, planning);
  if (reason === null) {
    const last = memory?.last ?? null;
    if (last === null || last.failure === null) return nothing;
    const facts = {
      at: last.at,
      message: last.failure.message,
      againAt: drillAgainAt(drill, last),
    };
    return {
      drills: [],
      notes: [note('warning', domain.address, 'drill-failed', facts, desired.place)],
    };
  }
  const hindrance = hindranceOf(domain, drill, host);
  if (hindrance !== null) {
    const { code, facts } = hindrance;
    return { drills: [], notes: [note('warning', domain.address, code, facts, desired.place)] };
  }
  const candidate =
    drill.from === null ? ownPoint(domain, before) : copyOf(domain, drill.from, before);
  if (candidate === null) return nothing;
  const action = drillAction({ domain, store: store.ref, candidate, ask: drill, host });
  return { drills: [{ ...action, reasons: [reason], place: desired.place }], notes: [] };
}

/** What a drill would wait for in vain. */
function hindranceOf(
  { observed }: DomainSituation,
  { wait, port, script }: DesiredDrill,
  { network, scripts }: ObservedDrills,
): { readonly code: string; readonly facts: NonNullable<Note['facts']> } | null {
  if (script !== null && !scripts.includes(script)) {
    return { code: 'drill-script-unknown', facts: { script } };
  }
  if (wait === 'port' && network === null) return { code: 'drill-needs-network', facts: { port } };
  if (wait === 'agent' && observed?.agent === 'none')
    return { code: 'drill-needs-agent', facts: {} };
  return null;
}

/** The store's newest point: the one that this plan takes, else the newest that is valid. */
function ownPoint(
  { directory, uuid }: DomainSituation,
  { decisions, blocked }: BeforeDrills,
): DrillCandidate | null {
  const backup = decisions.get(uuid)?.backup ?? null;
  if (backup !== null && !blocked.has(backup.id)) return plannedPoint(backup);
  const tip = directory?.tip ?? null;
  if (directory === null || tip === null) return null;
  const chain = directory.chains.find(({ id }) => id === tip.chain);
  const point = chain?.points.find(({ id }) => id === tip.point);
  if (point === undefined) return null;
  return {
    directory: directory.directory,
    chain: tip.chain,
    point: tip.point,
    sequence: point.sequence,
    pointDirectory: tip.directory,
    from: null,
    dependsOn: [],
  };
}

function plannedPoint(backup: Backup): DrillCandidate {
  const { id, directory, chain, point, sequence, pointDirectory: name } = backup;
  return { directory, chain, point, sequence, pointDirectory: name, from: null, dependsOn: [id] };
}

/** The newest copy at a mirror: one that this plan makes, else the newest that is valid there. */
function copyOf(
  { uuid }: DomainSituation,
  mirror: string,
  { copies }: BeforeDrills,
): DrillCandidate | null {
  const decision = copies.get(copyKey(mirror, uuid));
  const question = decision?.question ?? null;
  if (decision === undefined || question === null) return null;
  const [newest] = [...madeCopies(decision), ...standingCopies(decision)].toSorted((a, b) =>
    a.chain === b.chain ? b.sequence - a.sequence : a.chain < b.chain ? 1 : -1,
  );
  if (newest === undefined) return null;
  const path = decision.mirror.desired.target.replaceAll(/\/+/g, '/').replace(/(?<=.)\/$/, '');
  return { ...newest, directory: question.directory, from: { mirror, path } };
}

type Copy = Omit<DrillCandidate, 'directory' | 'from'>;

function madeCopies({ copies }: CopyDecision): readonly Copy[] {
  return copies.flatMap(({ id, chain, points }) =>
    points.map((point) => ({
      chain,
      point: point.id,
      sequence: point.sequence,
      pointDirectory: point.directory,
      dependsOn: [id],
    })),
  );
}

function standingCopies({ question }: CopyDecision): readonly Copy[] {
  return (question?.there?.chains ?? []).flatMap(({ id: chain, points }) =>
    points
      .filter(({ fault }) => fault === undefined)
      .map(({ id, sequence, level }) => ({
        chain,
        point: id,
        sequence,
        pointDirectory: pointDirectory(sequence, id, level),
        dependsOn: [],
      })),
  );
}
