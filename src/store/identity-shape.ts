import {
  chainId,
  checkpointName,
  domainUuid,
  isChainId,
  isCheckpointName,
  isDomainUuid,
  isPointId,
  isRunId,
  isStoreId,
  pointId,
  runId,
  storeId,
} from '../model/identity.ts';
import { textLike } from './shape.ts';

const noStamp = '00000000T000000Z-0000';

/** Shapes of the ids that are in files. */
export const storeIdShape = textLike(isStoreId, storeId('0'.repeat(32)), 'a store id');
export const uuidShape = textLike(
  isDomainUuid,
  domainUuid('00000000-0000-0000-0000-000000000000'),
  'a uuid in lower case',
);
export const chainShape = textLike(isChainId, chainId(noStamp), 'a chain id');
export const pointShape = textLike(isPointId, pointId(noStamp), 'a point id');
export const runShape = textLike(isRunId, runId('00000000T000000Z-00000000'), 'a run id');
export const checkpointShape = textLike(
  isCheckpointName,
  checkpointName(`holdfast-00000000-${noStamp}`),
  'a checkpoint name of Holdfast',
);
