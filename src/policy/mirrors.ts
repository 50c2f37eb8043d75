import type { DesiredMirror, Retention, Schedule } from '../model/desired.ts';
import type { CopyVerification } from '../model/verification.ts';
import {
  defaultKeepFor,
  isBelow,
  readCron,
  type Definitions,
  type Written,
} from './definitions.ts';
import type { Diagnostic } from './diagnostic.ts';
import { localPathOf } from './mirror-target.ts';
import { suggestion } from './nearest.ts';
import type { WrittenMirror } from './policy-file.ts';
import { amountOf, durationSeconds, rateBytesPerSecond } from './quantity.ts';
import { isCronText, retentionOf, scheduleOf } from './settings.ts';
import { diagnose, placeOf } from './source.ts';
import type { UsableFile } from './usable.ts';
import { readBudget, verificationOf } from './verification.ts';

/** What the meaning of all mirrors depends on. */
interface MirrorInput {
  readonly main: UsableFile;
  readonly timezone: string;
  readonly found: Diagnostic[];
}

type WrittenAs = Written<WrittenMirror>;

/** The mirrors, once all names are known; tells of what is wrong with them. */
export function readMirrors(
  definitions: Definitions,
  input: MirrorInput,
): readonly DesiredMirror[] {
  const entries = [...definitions.mirrors.values()].filter((entry) => entry !== null);
  checkPlaces(entries, definitions, input.found);
  return entries.flatMap((entry) => {
    checkKind(entry, input.found);
    const retention = readRetention(entry, definitions, input);
    const schedule = readSchedule(entry, definitions, input);
    const verification = readVerification(entry, input.found);
    if (retention === null) return [];
    const mirror = desiredMirror(entry, retention, schedule);
    return [verification === null ? mirror : { ...mirror, verification }];
  });
}

function readRetention(
  { value, source, path }: WrittenAs,
  definitions: Definitions,
  { main, found }: MirrorInput,
): Retention | null {
  const own = value.retention;
  if (own !== undefined && !definitions.retentions.has(own)) {
    const summary = `there is no retention "${own}"`;
    const detail = suggestion(own, [...definitions.retentions.keys()]);
    const saying = { code: 'HP304', summary, ...(detail === null ? {} : { detail }) } as const;
    found.push(diagnose(source, [...path, 'retention'], saying));
  }
  return retentionOf(own ?? main.file.defaults?.retention, definitions);
}

function readSchedule(
  { value, source, path }: WrittenAs,
  definitions: Definitions,
  { timezone, found }: MirrorInput,
): Schedule | null {
  const { schedule: text } = value;
  if (text === undefined) return null;
  const at = [...path, 'schedule'];
  if (!definitions.schedules.has(text)) {
    if (isCronText(text)) readCron(text, found, source, at);
    else {
      const names = [...definitions.schedules.keys()];
      const summary = `there is no schedule "${text}"`;
      const detail = suggestion(text, names) ?? 'none is defined under schedules:';
      found.push(diagnose(source, at, { code: 'HP303', summary, detail }));
    }
  }
  const schedule = scheduleOf(text, definitions, timezone);
  if (schedule === null) return null;
  const { name, cron, jitterSeconds } = schedule;
  return { name, cron, timezone, jitterSeconds };
}

/** When the copies there are checked; null for never. Only in a directory of this host can more be told than hashes do. */
function readVerification(
  { value, source, path }: WrittenAs,
  found: Diagnostic[],
): CopyVerification | null {
  const { verify } = value;
  if (verify === undefined) return null;
  const { depth = 'hash' } = verify;
  if (depth !== 'hash' && localPathOf(value) === null) {
    const what = value.type === 'rclone' ? 'an rclone remote' : 'a mirror behind ssh';
    found.push(
      diagnose(source, [...path, 'verify', 'depth'], {
        code: 'HP325',
        summary: `copies at ${what} are not checked at depth ${depth}`,
        detail:
          'images are opened by the qemu-img of this host, in its own directories; write depth: hash',
      }),
    );
  }
  const budget = readBudget(verify, { source, path }, found);
  const when = verificationOf(verify);
  return when === null ? null : { ...when, ...budget };
}

/** Settings that mean nothing for this kind of mirror. */
function checkKind({ value, source, path }: WrittenAs, found: Diagnostic[]): void {
  const isLocal = localPathOf(value) !== null;
  const refuse = (key: 'ssh' | 'configFile' | 'reserve', summary: string, detail: string): void => {
    found.push(diagnose(source, [...path, key], { code: 'HP325', summary, detail }, 'key'));
  };
  if (value.ssh !== undefined && (value.type !== 'rsync' || isLocal)) {
    const what = isLocal ? 'a directory of this host' : 'an rclone remote';
    refuse('ssh', `ssh does not reach ${what}`, 'remove ssh');
  }
  if (value.configFile !== undefined && value.type !== 'rclone') {
    refuse('configFile', 'rsync has no configFile', 'remove it, or write type: rclone');
  }
  if (value.reserve !== undefined && value.type === 'rclone') {
    refuse('reserve', 'rclone does not say how much space is free', 'remove reserve');
  }
  if (value.deletes === 'never' && value.trash !== undefined) {
    const summary = 'nothing comes into the trash of a mirror with deletes: never';
    const saying = { severity: 'warning', code: 'HP405', summary, detail: 'remove trash' } as const;
    found.push(diagnose(source, [...path, 'trash'], saying, 'key'));
  }
}

/** A copy has a place of its own: beside each store, and beside each other mirror. */
function checkPlaces(
  entries: readonly WrittenAs[],
  { stores }: Definitions,
  found: Diagnostic[],
): void {
  const known = [...stores.values()].flatMap((store) =>
    store === null ? [] : [{ what: `store "${store.name}"`, place: store.path }],
  );
  for (const { name, value, source, path } of entries) {
    const place = localPathOf(value) ?? value.target.replace(/(?<=.)\/+$/, '');
    const other = known.find(
      (one) => one.place === place || isBelow(place, one.place) || isBelow(one.place, place),
    );
    known.push({ what: `mirror "${name}"`, place });
    if (other === undefined) continue;
    const how =
      other.place === place ? 'is' : isBelow(place, other.place) ? 'lies inside' : 'contains';
    found.push(
      diagnose(source, [...path, 'target'], {
        code: 'HP324',
        summary: `${place} ${how} ${other.what} (${other.place})`,
        detail: 'give each mirror a place of its own',
      }),
    );
  }
}

function desiredMirror(
  { name, value, source, path }: WrittenAs,
  retention: Retention,
  schedule: Schedule | null,
): DesiredMirror {
  const { ssh } = value;
  return {
    name,
    type: value.type,
    target: value.target,
    bandwidthBytesPerSecond:
      value.bandwidth === undefined ? null : rateBytesPerSecond(value.bandwidth),
    deletes: value.deletes ?? 'allowed',
    ssh: {
      identityFile: ssh?.identityFile ?? null,
      knownHosts: ssh?.knownHosts ?? null,
      port: ssh?.port ?? null,
    },
    configFile: value.configFile ?? null,
    retention,
    schedule,
    trashKeepSeconds: durationSeconds(value.trash?.keepFor ?? defaultKeepFor),
    ...(value.reserve === undefined ? {} : { reserve: amountOf(value.reserve) }),
    place: placeOf(source, path, 'key'),
  };
}
