import type { LocalFiles } from '../mirror/local-files.ts';
import { makeWay } from '../store/durable.ts';
import type { Files } from '../store/files.ts';
import { parentOf } from '../store/layout.ts';
import type { Gate } from './gate.ts';
import { removeTree } from './gated-host-files.ts';

/**
 * The files of this host that a mirror's driver works with. What must outlive a crash goes
 * through the gated files; scratch and the cache are written as they come, and counted as nothing.
 */
export function gatedLocalFiles(gate: Gate, files: Files): LocalFiles {
  const { host } = gate;
  const write = (path: string, content: string): void => {
    gate.alive();
    const real = host.realPath(path);
    makeWay(host.files, parentOf(real));
    if (host.files.look(real) !== null) host.files.removeFile(real);
    host.files.writeLoose(real, content);
  };
  return {
    files,
    bootId: () => `boot-${host.boots}`,
    makeScratch(above) {
      gate.alive();
      const path = `${above}/work-${host.number()}`;
      makeWay(host.files, path);
      return path;
    },
    makePath(path) {
      gate.alive();
      makeWay(host.files, host.realPath(path));
    },
    write,
    remove(path) {
      gate.alive();
      removeTree(gate, host.realPath(path));
    },
  };
}
