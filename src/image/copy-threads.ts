// 4 MiB is where direct I/O is fastest; of four slots one is read into and one written from, whatever pauses there are.
export const slotBytes = 4 * 1024 ** 2;
export const slots = 4;

/** Words that both threads share: slots that were filled, slots that were emptied, and whether the hash is right (1) or wrong (2). */
export const stateWords = 3;
export const verdictAt = 2;

// Both read and write synchronously: a place that hangs (a server of NFS that is away) holds its thread, and not the
// pool of threads in which the rest of the program reads and writes. Text and not files, as in hash-stream.ts.
const wait = `
const wait = (word, holds) => {
  for (let now = Atomics.load(state, word); !holds(now); now = Atomics.load(state, word))
    Atomics.wait(state, word, now);
  return Atomics.load(state, word);
};
const tell = (word, value) => { Atomics.store(state, word, value); Atomics.notify(state, word); };
`;

/** Says `[bytes, mtime in seconds]` or `none`, then the SHA-256 or null. */
export const reader = `
const { parentPort, workerData } = require('node:worker_threads');
const { lstatSync, openSync, readSync, closeSync } = require('node:fs');
const { from, isHashed, memory, state, slots, slotBytes } = workerData;
${wait}
const read = (bytes) => {
  const hash = isHashed ? require('node:crypto').createHash('sha256') : null;
  const descriptor = openSync(from, 'r');
  let filled = 0;
  for (let at = 0; at < bytes; at += slotBytes) {
    wait(1, (emptied) => filled - emptied < slots);
    const start = (filled % slots) * slotBytes;
    const length = Math.min(slotBytes, bytes - at);
    for (let done = 0; done < length; ) {
      const count = readSync(descriptor, memory, start + done, length - done, at + done);
      if (count === 0) throw new Error('it ends before ' + bytes + ' bytes');
      done += count;
    }
    filled += 1;
    tell(0, filled);
    // Handed on first: writing does not wait for the hash, and this slot is not read into before it is hashed.
    if (hash !== null) hash.update(memory.subarray(start, start + length));
  }
  closeSync(descriptor);
  parentPort.postMessage(hash === null ? null : hash.digest('hex'));
};
const facts = lstatSync(from, { throwIfNoEntry: false });
if (facts === undefined || !facts.isFile()) parentPort.postMessage('none');
else {
  parentPort.postMessage([facts.size, facts.mtimeMs / 1000]);
  read(facts.size);
}
`;

/** Says the bytes of each part that was written, then `done`; `none` when something is there; `differs`. */
export const writer = `
const { parentPort, workerData } = require('node:worker_threads');
const fs = require('node:fs');
const { basename, dirname, join } = require('node:path');
const { root, path, partialName, bytes, mtimeSeconds, memory, state, slots, slotBytes } = workerData;
${wait}
const isThere = (name) => fs.lstatSync(name, { throwIfNoEntry: false }) !== undefined;
const syncDirectory = (name) => {
  const descriptor = fs.openSync(name, 'r');
  fs.fsyncSync(descriptor);
  fs.closeSync(descriptor);
};
// A link below the root would lead out of it.
const makeDirectories = (below) => {
  if (below === '.') return;
  makeDirectories(dirname(below));
  const facts = fs.lstatSync(join(root, below), { throwIfNoEntry: false });
  if (facts !== undefined) {
    if (!facts.isDirectory()) throw new Error(join(root, below) + ' is no directory');
    return;
  }
  fs.mkdirSync(join(root, below), 0o700);
  syncDirectory(join(root, dirname(below)));
};
const directory = dirname(path);
const partialDirectory = join(root, directory, partialName);
const partial = join(partialDirectory, basename(path));
const direct = () => {
  try {
    return fs.openSync(partial, fs.constants.O_WRONLY | fs.constants.O_DIRECT);
  } catch {
    return null;
  }
};
const write = () => {
  makeDirectories(join(directory, partialName));
  const buffered = fs.openSync(partial, 'wx', 0o600);
  let descriptor = direct();
  let flushed = 0;
  for (let at = 0, emptied = 0; at < bytes; at += slotBytes) {
    wait(0, (filled) => filled > emptied);
    const start = (emptied % slots) * slotBytes;
    const length = Math.min(slotBytes, bytes - at);
    for (let done = 0; done < length; ) {
      try {
        done += fs.writeSync(descriptor ?? buffered, memory, start + done, length - done, at + done);
      } catch (error) {
        // The end of a file is not aligned: the ordinary way goes on, or tells the true error.
        if (descriptor === null || error.code !== 'EINVAL') throw error;
        fs.closeSync(descriptor);
        descriptor = null;
      }
    }
    // Without direct I/O the kernel would collect gigabytes, and write them in the fsync at the end.
    if (descriptor === null && at - flushed >= 64 * 1024 ** 2) {
      fs.fdatasyncSync(buffered);
      flushed = at;
    }
    emptied += 1;
    tell(1, emptied);
    parentPort.postMessage(length);
  }
  if (wait(2, (verdict) => verdict !== 0) === 2) {
    fs.unlinkSync(partial);
    return 'differs';
  }
  fs.futimesSync(buffered, mtimeSeconds, mtimeSeconds);
  fs.fsyncSync(buffered);
  if (descriptor !== null) fs.closeSync(descriptor);
  fs.closeSync(buffered);
  fs.renameSync(partial, join(root, path));
  syncDirectory(join(root, directory));
  // Another file of the point may be on its way in it.
  try { fs.rmdirSync(partialDirectory); } catch (error) { if (error.code !== 'ENOTEMPTY') throw error; }
  return 'done';
};
parentPort.postMessage(isThere(join(root, path)) || isThere(partial) ? 'none' : write());
`;
