import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtProgram } from './build.ts';
import { packProgram } from './packed-program.ts';
import { SystemdHost } from './systemd-host.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'agent.md'), 'utf8');

/** The five commands, as the page has them. */
const commands = /\n## From nothing to[^]*?```sh\n([^]*?)\n```/.exec(page)?.[1]?.split('\n') ?? [];

const unit = 'holdfast-agent';
const dropIn = `/etc/systemd/system/${unit}.service.d/test.conf`;

// A restore point at a mirror of this host, a drill and a signed policy: what the unit's locks could be in the way of.
const policy = (rate: string): string => `version: 1
stores: { main: { path: /backups, reserve: 1MiB, limits: { rate: ${rate} } } }
schedules: { nightly: "0 2 * * *" }
retention: { standard: { keep: { chains: 1 } } }
mirrors: { usb: { type: rsync, target: /srv/mirror } }
defaults: { store: main, schedule: nightly, retention: standard, rpo: 26h, mirrors: [usb], quiesce: never }
domains: [{ name: db1, drill: { every: 30d, wait: none, timeout: 1s } }, { match: "*" }]
agent: { mode: full }
`;

let host: SystemdHost;

beforeAll(async () => {
  host = await SystemdHost.start();
  const dist = dirname(dirname(builtProgram));
  expect(await packProgram(dist, host.path('root'))).toBe('holdfast-0.1.0.tgz');
  await host.do('systemctl start libvirtd');
  for (const name of ['db1', 'web01']) await addDomain(name);
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

/** A domain without an operating system, running, with 24 MiB on its disk. */
async function addDomain(name: string): Promise<void> {
  const image = `/var/lib/libvirt/images/${name}.qcow2`;
  host.write(
    `root/${name}.xml`,
    `<domain type='qemu'><name>${name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${image}'/><target dev='vda' bus='virtio'/></disk>
<memballoon model='none'/></devices></domain>`,
  );
  await host.do(`qemu-img create -q -f qcow2 ${image} 64M
    qemu-io -f qcow2 -c 'write -q -P 5 0 24M' ${image}
    virsh -q define ${name}.xml; virsh -q start ${name}`);
}

const journal = (): Promise<string> => host.do(`journalctl --no-pager -o cat -u ${unit}`);

/** Does something, and waits until the unit's journal has words that were not there before. */
async function until(words: RegExp, act: () => Promise<unknown>): Promise<string> {
  const { length } = await journal();
  await act();
  let since = '';
  await host.until(String(words), async () => {
    since = (await journal()).slice(length);
    return words.test(since);
  });
  return since;
}

/** A property of the unit, as systemd has it. */
const property = async (name: string): Promise<string> =>
  (await host.do(`systemctl show ${unit} --value -p ${name}`)).trim();

/** What the store holds of a domain. */
async function points(name: string): Promise<number> {
  const said = JSON.parse(await host.do(`holdfast --json points 2>/dev/null`)) as {
    readonly points: readonly { readonly name: string }[];
  };
  return said.points.filter((point) => point.name === name).length;
}

it('goes from nothing to a host that keeps itself, with the five commands of the page', async () => {
  expect(commands).toHaveLength(5);
  for (const command of commands.slice(0, -1)) {
    const { exit, text } = await host.try(command);
    expect(exit, `${command}: ${text}`).toBe(0);
  }
  // The first round is under way, or done: the last command shows the one or the other.
  const [status = ''] = commands.slice(-1);
  expect(await host.do(`${status} || true`)).toMatch(
    /^agent {6}running(; at work on its first round|, mode additive; looked )/m,
  );
  await host.until('points of all', async () => (await host.try(status)).exit === 0);
  expect(await host.do(status)).toContain('All 2 domains with an RPO meet it.');
  expect([await points('db1'), await points('web01')]).toEqual([1, 1]);
});

it('tells systemd how it is', async () => {
  await host.until('a round that is told', async () =>
    (await property('StatusText')).startsWith('mode additive; last round '),
  );
  const status = await host.do(`systemctl status --no-pager ${unit}`);
  expect(status).toContain('Active: active (running)');
  expect(status).toMatch(
    /Status: "mode additive; last round [-0-9:T]+Z: \d+ done, 0 failed; next at [-0-9:T]+Z"/,
  );
  expect(await property('WatchdogUSec')).toBe('2min');
});

it('is active only when the program has said that it is ready', async () => {
  // The program waits at the gate; nobody else tells systemd.
  await host.do(`systemctl stop ${unit}; rm -f /etc/holdfast/gate; mkfifo /etc/holdfast/gate`);
  await override(
    "ExecStart=\nExecStart=/bin/sh -c 'read x </etc/holdfast/gate; exec holdfast agent'",
  );
  await host.do(`systemctl start --no-block ${unit}`);
  await host.until('the gate', async () => (await property('MainPID')) !== '0');
  expect(await property('ActiveState')).toBe('activating');
  await host.do('echo go >/etc/holdfast/gate');
  await host.until('ready', async () => (await property('ActiveState')) === 'active');
  await override('');
});

it('takes its policy from git, copies to a mirror and drills, inside of what the unit allows', async () => {
  await host.do(`systemctl stop ${unit}; ${gitSource}`);
  await commit(policy('1GiB/s'));
  await host.do('"$(npm root --global)/holdfast/packaging/install.sh" /srv/mirror');
  const log = await until(/^\S+ {2}end .*$/m, () => host.do(`systemctl start ${unit}`));
  expect(log).toContain('  end      3 done, 0 failed, 0 skipped\n');
  expect(log).toMatch(/Policy policy\.yaml at main \w{7}, signed by ops@example\.org\./);
  expect(log.match(/^\S+ {2}done {5}usb:domain\//gm)).toHaveLength(2);
  expect(log).toMatch(/^\S+ {2}drill {4}domain\/db1\/\S+ {2}waiting for none$/m);
});

it('undoes what runs when it is stopped, and takes it up again', async () => {
  await commit(policy('256KiB/s'));
  await addDomain('mail01');
  await until(/ {2}start {4}domain\/mail01 /, () => host.do(`systemctl reload ${unit}`));
  expect(await property('StatusText')).toBe('mode full; at work on a plan of 2 actions');
  await host.do(`systemctl stop ${unit}`);
  expect([await property('Result'), await property('ExecMainStatus')]).toEqual(['success', '0']);
  expect(await journal()).toContain('domain/mail01  by a signal; what it had begun is undone\n');
  expect(await host.do("find /backups -name '.incoming*'; ls -A /var/lib/holdfast/scratch")).toBe(
    '',
  );
  expect(await host.do('virsh domjobinfo mail01')).toMatch(/Job type: +None/);
  await commit(policy('1GiB/s'));
  await host.do(`systemctl start ${unit}`);
  await host.until('the point', async () => (await points('mail01')) === 1);
});

it('is ended and started anew by the watchdog when it hangs', async () => {
  await override('WatchdogSec=2s\nTimeoutAbortSec=1s\nRestartSec=100ms');
  await host.do(`systemctl restart ${unit}; systemctl kill --kill-who=main -s STOP ${unit}`);
  await host.until('another start', async () => Number(await property('NRestarts')) > 0);
  expect(await journal()).toContain(`${unit}.service: Watchdog timeout (limit 2s)!\n`);
  await override('');
  await host.do(`systemctl restart ${unit}`);
  await host.until('a round', async () =>
    (await property('StatusText')).startsWith('mode full; last round'),
  );
});

/** Lines of the service that count instead of the unit's, until the next call. */
async function override(lines: string): Promise<void> {
  host.write(dropIn, `[Service]\n${lines}\n`);
  await host.do('systemctl daemon-reload');
}

const gitSource = `set -e
ssh-keygen -q -t ed25519 -N '' -f signer
echo "ops@example.org $(cat signer.pub)" >/etc/holdfast/allowed_signers
git init -q -b main work; git init -q --bare -b main /srv/policies.git; cd work
git config user.email ops@example.org; git config user.name ops
git config gpg.format ssh; git config user.signingKey /root/signer.pub
cat >/etc/holdfast/host.yaml <<'HOST'
source: { url: "file:///srv/policies.git", branch: main, path: policy.yaml, verify: { signers: /etc/holdfast/allowed_signers } }
agent: { maxMode: full, interval: 1h }
HOST`;

/** Puts a policy into the repository, signed. */
async function commit(text: string): Promise<void> {
  host.write('root/work/policy.yaml', text);
  await host.do(
    'cd work; git add policy.yaml; git commit -q -S -m policy; git push -q /srv/policies.git main',
  );
}
