/**
 * The names that things have for ever. Branded, so that a chain's id cannot be
 * passed where a point's is meant; made and checked only here.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A domain's uuid as libvirt prints it: lower case, with dashes. Identity; names change. */
export type DomainUuid = Branded<'DomainUuid'>;
/** 32 hex digits, made once, in the store's marker file. */
export type StoreId = Branded<'StoreId'>;
/** `20261122T020000Z-4f7a`: the instant of the plan that began the chain, and 4 hex digits. */
export type ChainId = Branded<'ChainId'>;
/** `20261123T020000Z-9c1e`: the plan's instant and 4 hex digits. A retry has another id. */
export type PointId = Branded<'PointId'>;
/** `holdfast-<8 of the store id>-<point id>`; never used twice, so never confused. */
export type CheckpointName = Branded<'CheckpointName'>;
/** `20261122T020000Z-3a9f01bc`: one apply, with a journal of that name. */
export type RunId = Branded<'RunId'>;

const stampForm = /^\d{8}T\d{6}Z-[0-9a-f]{4}$/;
const runForm = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;
const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const storeForm = /^[0-9a-f]{32}$/;
const checkpointForm = /^holdfast-([0-9a-f]{8})-(\d{8}T\d{6}Z-[0-9a-f]{4})$/;

/** Says which of the forms a text has; each narrows the type. */
export const isDomainUuid = (text: string): text is DomainUuid => uuidForm.test(text);
export const isStoreId = (text: string): text is StoreId => storeForm.test(text);
export const isChainId = (text: string): text is ChainId => stampForm.test(text);
export const isPointId = (text: string): text is PointId => stampForm.test(text);
export const isRunId = (text: string): text is RunId => runForm.test(text);
export const isCheckpointName = (text: string): text is CheckpointName => checkpointForm.test(text);

/** Makes an id of a text that is known to be one; a wrong text is our own mistake and throws. */
function made<T extends string>(text: string, is: (text: string) => text is T, what: string): T {
  if (!is(text)) throw new Error(`Not ${what}: ${JSON.stringify(text)}`);
  return text;
}
export const domainUuid = (text: string): DomainUuid => made(text, isDomainUuid, 'a domain uuid');
export const storeId = (text: string): StoreId => made(text, isStoreId, 'a store id');
export const chainId = (text: string): ChainId => made(text, isChainId, 'a chain id');
export const pointId = (text: string): PointId => made(text, isPointId, 'a point id');
export const runId = (text: string): RunId => made(text, isRunId, 'a run id');
export const checkpointName = (text: string): CheckpointName =>
  made(text, isCheckpointName, 'a checkpoint name');

/** The checkpoint of a point of a store. */
export function checkpointOf(store: StoreId, point: PointId): CheckpointName {
  return checkpointName(`holdfast-${store.slice(0, 8)}-${point}`);
}

/** Which store and point a checkpoint or bitmap belongs to; null if it is not one of ours. */
export function checkpointOwner(
  name: string,
): { readonly storePrefix: string; readonly point: PointId } | null {
  const [, storePrefix, point] = checkpointForm.exec(name) ?? [];
  return storePrefix === undefined || point === undefined
    ? null
    : { storePrefix, point: pointId(point) };
}

/** The last number that a point of a chain can have: its directory's name has six digits for it at most. */
export const lastSequence = 999_999;

/** The directory of a point below its chain: `0001-20261123T020000Z-inc`. */
export function pointDirectory(
  sequence: number,
  point: PointId,
  level: 'full' | 'increment',
): string {
  const stamp = point.slice(0, 16);
  return `${String(sequence).padStart(4, '0')}-${stamp}-${level === 'full' ? 'full' : 'inc'}`;
}
