import { isDirectoryName } from '../model/directory-name.ts';
import {
  isChainId,
  isDomainUuid,
  isPointId,
  isRunId,
  type ChainId,
  type DomainUuid,
  type PointId,
  type RunId,
} from '../model/identity.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { PointPlace } from './store.ts';

/** Names in a store's root. Paths below the store are always relative to it, without `./`. */
export const markerName = 'holdfast-store.json';
export const readmeName = 'README.txt';
export const domainsName = 'domains';
export const trashName = '.trash';
export const journalName = '.journal';
export const stateName = '.state';
export const locksPath = `${stateName}/locks`;
export const memoryPath = `${stateName}/last.json`;

/** Names of our own files in a domain, a chain or a point. */
export const manifestName = 'point.json';
export const holdName = 'hold.json';
export const closedName = 'closed.json';
export const quarantineName = 'quarantine.json';
export const checkedName = 'checked.json';
/** In a point, and in a domain's directory. */
export const drilledName = 'drilled.json';
/** In a point: the screen of its drill. */
export const drillPictureName = 'drilled.png';
export const trashRecordName = 'trash.json';
/** What `trash.json` is called once the chain's removal for good has begun. */
export const purgingName = 'purging.json';
export const lookName = 'seen.json';

const pointForm = /^(\d{4,6})-(\d{8}T\d{6}Z)-(full|inc)$/;
const incomingForm = /^\.incoming-(\d{4,6})-(\d{8}T\d{6}Z-[0-9a-f]{4})(?:-([0-9a-f-]{36}))?$/;
const temporaryForm = /^\..+\.tmp$/;

/** What the name of a point's directory says; null if it is none. */
export function parsePointDirectory(
  name: string,
): { readonly sequence: number; readonly stamp: string; readonly full: boolean } | null {
  const [, sequence, stamp, level] = pointForm.exec(name) ?? [];
  if (sequence === undefined || stamp === undefined) return null;
  return { sequence: Number(sequence), stamp, full: level === 'full' };
}

/**
 * The directory in which a point is written: never taken for a point, by us or
 * by people. It has the domain's uuid in its name, because a run that dies
 * before the domain's first point leaves no manifest that could tell it.
 */
export function incomingDirectory(sequence: number, point: PointId, uuid?: DomainUuid): string {
  const suffix = uuid === undefined ? '' : `-${uuid}`;
  return `.incoming-${String(sequence).padStart(4, '0')}-${point}${suffix}`;
}

/** The point that an `.incoming-` directory was made for, and its domain; null if the name is none. */
export function parseIncoming(
  name: string,
): { readonly point: PointId; readonly uuid: DomainUuid | null } | null {
  const [, , point = '', uuid = ''] = incomingForm.exec(name) ?? [];
  return isPointId(point) ? { point, uuid: isDomainUuid(uuid) ? uuid : null } : null;
}

/** The name under which a file is written before it takes its own; what a crash leaves of it is nothing. */
export function temporaryName(name: string): string {
  return `.${name}.tmp`;
}

/** Whether a name is a leftover of `temporaryName`. */
export function isTemporary(name: string): boolean {
  return temporaryForm.test(name);
}

/** Whether a file of this name can be in a point: all that a purge may remove there. */
export function isPointFile(name: string): boolean {
  return /^[A-Za-z0-9_-]+\.(qcow2|json|xml|fd|tar|png)$/.test(name) || isTemporary(name);
}

/** Path of a domain's directory; refuses a name that is none (G408). */
export function domainPath(directory: string): Result<string, Failure> {
  if (isDirectoryName(directory)) return ok(`${domainsName}/${directory}`);
  return refusedName('a domain directory', directory);
}

/** Path of a chain. */
export function chainPath(directory: string, chain: ChainId): Result<string, Failure> {
  const domain = domainPath(directory);
  if (!domain.ok) return domain;
  return isChainId(chain) ? ok(`${domain.value}/${chain}`) : refusedName('a chain', chain);
}

/** Path of a published point. */
export function pointPath(place: PointPlace): Result<string, Failure> {
  const chain = chainPath(place.directory, place.chain);
  if (!chain.ok) return chain;
  if (parsePointDirectory(place.pointDirectory) === null) {
    return refusedName('a point directory', place.pointDirectory);
  }
  return ok(`${chain.value}/${place.pointDirectory}`);
}

/** The chain's path of `domains/<directory>/<chain>/.incoming-…`; null for any other path. */
export function chainOfIncoming(path: string): string | null {
  const [head, directory = '', chain = '', name = '', ...rest] = path.split('/');
  const ours =
    head === domainsName &&
    isDirectoryName(directory) &&
    isChainId(chain) &&
    parseIncoming(name) !== null &&
    rest.length === 0;
  return ours ? `${domainsName}/${directory}/${chain}` : null;
}

/** Where a trashed chain lies: `.trash/<run>/<directory>/<chain>`. */
export interface TrashPlace {
  readonly run: RunId;
  readonly directory: string;
  readonly chain: ChainId;
}

/** Path of a trashed chain. */
export function trashPath(place: TrashPlace): string {
  return `${trashName}/${place.run}/${place.directory}/${place.chain}`;
}

/** Reads such a path; null for any other. */
export function parseTrashPath(path: string): TrashPlace | null {
  const [head, run = '', directory = '', chain = '', ...rest] = path.split('/');
  if (head !== trashName || rest.length > 0) return null;
  if (!isRunId(run) || !isDirectoryName(directory) || !isChainId(chain)) return null;
  return { run, directory, chain };
}

/** The directory that a path lies in. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function refusedName(what: string, name: string) {
  return fail({ code: 'bad-path', message: `${JSON.stringify(name)} is not the name of ${what}` });
}
