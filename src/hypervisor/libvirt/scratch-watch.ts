import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unreachable, type Failure } from '../../model/result.ts';
import { watchRoom, type RoomEnd } from '../../process/room-watch.ts';
import type { PointRequest } from '../hypervisor.ts';
import { abortOurs } from './guard-script.ts';
import type { LibvirtHost } from './host.ts';
import { socketMark } from './point-xml.ts';

/** Free bytes of the file system that a file is, or will be, on; null if it cannot be asked. */
export async function freeBytesAt(file: string): Promise<number | null> {
  const facts = await statfs(dirname(file)).catch(() => null);
  return facts === null ? null : facts.bavail * facts.bsize;
}

/**
 * Watches the scratch files of a point until stopped. Before they are full the
 * job is aborted, because a write that finds no room in the scratch fails in
 * the guest (seen); then it is said, once.
 */
export function watchScratch(
  host: LibvirtHost,
  request: PointRequest,
  onFull: (failure: Failure) => void,
): () => void {
  const files = request.disks.map(({ scratch }) => scratch);
  const directory = dirname(files[0] ?? host.runDir);
  return watchRoom(
    {
      files,
      directory,
      limitBytes: request.scratchLimitBytes,
      reserveBytes: host.scratchReserveBytes,
      script: `uri=$1 uuid=$2 ours=$3${abortOurs}`,
      args: [host.uri, request.uuid, socketMark(request.socket)],
    },
    (end) => onFull(failureOf(end, directory, request.scratchLimitBytes)),
  );
}

function failureOf(end: RoomEnd, directory: string, limitBytes: number | null): Failure {
  switch (end.kind) {
    case 'limit':
      return {
        code: 'scratch-full',
        message: `The scratch files below ${directory} reached their limit of ${limitBytes} bytes; raise scratch.limit, or back up when the guest writes less.`,
      };
    case 'full':
      return {
        code: 'scratch-full',
        message: `The file system of ${directory} has ${end.freeBytes} bytes left, too few for what the guest writes in the next seconds; make room, move scratch.path, or back up when the guest writes less.`,
      };
    case 'broken':
      return {
        code: 'scratch-unwatched',
        message: `The scratch files below ${directory} could not be watched any more: ${end.message}.`,
      };
    default:
      return unreachable(end);
  }
}
