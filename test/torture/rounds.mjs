// What a round of the real libvirt does: test files, words of vitest, and what the tests are told.
const crash = (story, victim) => ({
  name: `crash: ${story}, ${victim} killed`,
  args: ['crash-calls'],
  env: {
    // So many calls, if there is the time; the seed says which.
    HOLDFAST_CRASH: '8',
    HOLDFAST_SECONDS: '60',
    HOLDFAST_CRASH_STORY: story,
    HOLDFAST_CRASH_VICTIM: victim,
  },
});
const faults = (name, ...args) => ({
  name: `faults: ${name}`,
  args,
  env: { HOLDFAST_FAULTS: 'all', HOLDFAST_SECONDS: '150' },
});

const agent = {
  name: 'agent: killed again and again while policy and domains change',
  args: ['e2e-agent-killed'],
  env: { HOLDFAST_FAULTS: 'all', HOLDFAST_SECONDS: '150' },
};

/** In turn, so that a run of half an hour has had each. */
export const rounds = {
  crash: [
    crash('first', 'holdfast'),
    crash('off', 'libvirtd'),
    crash('increment', 'qemu'),
    crash('rotation', 'holdfast'),
    crash('restore-in-place', 'holdfast'),
    crash('rotation', 'libvirtd'),
    crash('off', 'qemu'),
    crash('increment', 'holdfast'),
    crash('trash-restore', 'holdfast'),
    crash('increment', 'libvirtd'),
    crash('rotation', 'qemu'),
    crash('restore-as', 'holdfast'),
    crash('off', 'holdfast'),
    crash('heal', 'holdfast'),
    crash('heal-lost', 'holdfast'),
  ],
  faults: [
    faults('file systems', 'faults-disk'),
    faults('ENOSPC of system calls', 'faults-injected', '-t', 'with ENOSPC'),
    faults('silent libvirt and guest', 'faults-libvirt'),
    faults('EIO of system calls', 'faults-injected', '-t', 'with EIO'),
    faults('EROFS of system calls', 'faults-injected', '-t', 'with EROFS'),
  ],
  agent: [agent],
};
