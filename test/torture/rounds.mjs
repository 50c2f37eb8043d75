// What a round of the real libvirt does: test files, words of vitest, and what the tests are told.
const crash = (name, victim, stories) => ({
  name: `crash: ${name}`,
  args: ['crash-calls'],
  // So many calls of each story; the seed says which.
  env: { HOLDFAST_CRASH: '4', HOLDFAST_CRASH_VICTIM: victim, HOLDFAST_CRASH_STORY: stories },
});
const faults = (name, ...args) => ({
  name: `faults: ${name}`,
  args,
  env: { HOLDFAST_FAULTS: 'all' },
});

/** In turn, so that a run of half an hour has had each. */
export const rounds = {
  crash: [
    crash('the program, points', 'holdfast', 'first,increment,off,rotation'),
    crash('libvirtd', 'libvirtd', 'increment,off,rotation'),
    crash('the program, restores', 'holdfast', 'trash-restore,restore-as,restore-in-place'),
    crash('QEMU', 'qemu', 'increment,off,rotation'),
  ],
  faults: [
    faults('file systems', 'faults-disk'),
    faults('ENOSPC of system calls', 'faults-injected', '-t', 'with ENOSPC'),
    faults('silent libvirt and guest', 'faults-libvirt'),
    faults('EIO of system calls', 'faults-injected', '-t', 'with EIO'),
    faults('EROFS of system calls', 'faults-injected', '-t', 'with EROFS'),
  ],
};
