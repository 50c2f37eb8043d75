import { readFileSync, statSync, symlinkSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Cli } from './cli.ts';
import { policyText } from './fixture.ts';

const wrong = policyText.replace('retention: standard', 'retention: standrad');

describe('validate', () => {
  it('says that there is no error', async () => {
    using cli = new Cli();
    cli.write('policy.yaml', policyText);
    const fine = { exit: 0, out: 'policy.yaml: no errors\n', err: '' };
    expect(await cli.run(['validate'])).toEqual(fine);
    expect(await cli.run(['validate', 'policy.yaml'])).toEqual(fine);
    expect(await cli.run(['--policy', 'policy.yaml', 'validate'])).toEqual(fine);
  });

  it('reads standard input', async () => {
    using cli = new Cli();
    const ran = await cli.run(['validate', '-'], { input: policyText });
    expect(ran).toEqual({ exit: 0, out: '<stdin>: no errors\n', err: '' });
  });

  it('exits 3 with the place of the mistake, in three forms', async () => {
    using cli = new Cli();
    cli.write('policy.yaml', wrong);
    const human = await cli.run(['validate']);
    expect(human).toEqual({
      exit: 3,
      err: '',
      out: `policy.yaml:10:56 error HP304 /defaults/retention there is no retention "standrad" — did you mean "standard"?
   8 | retention:
   9 |   standard: { chain: { maxPoints: 30 }, keep: { chains: 1 } }
> 10 | defaults: { store: main, schedule: nightly, retention: standrad, rpo: 26h }
     |                                                        ^^^^^^^^
  11 | domains:

policy.yaml: 1 error
`,
    });
    const github = await cli.run(['validate', '--format', 'github']);
    expect(github.exit).toBe(3);
    expect(github.out).toMatch(/^::error file=policy\.yaml,line=10,/);
    const json = await cli.run(['--json', 'validate']);
    expect(json.exit).toBe(3);
    expect(JSON.parse(json.out)).toMatchObject({
      formatVersion: 1,
      kind: 'diagnostics',
      valid: false,
      errorCount: 1,
    });
  });

  it('refuses the root as a store, in a policy and with --store', async () => {
    using cli = new Cli();
    cli.write('policy.yaml', policyText.replace('path: /backups', 'path: /'));
    const validated = await cli.run(['validate']);
    expect(validated.exit).toBe(3);
    expect(validated.out).toContain(
      'policy.yaml:5:17 error HP323 /stores/main/path / belongs to the operating system',
    );
    expect(await cli.run(['points', '--store', '/'])).toEqual({
      exit: 64,
      out: '',
      err: 'holdfast: --store: / belongs to the operating system and can be no store\n',
    });
  });

  it('takes warnings for errors with --strict', async () => {
    using cli = new Cli();
    cli.write(
      'policy.yaml',
      policyText.replace('schedules:', '  spare: { path: /spare }\nschedules:'),
    );
    const plain = await cli.run(['validate']);
    expect(plain).toMatchObject({ exit: 0 });
    expect(plain.out).toContain('no rule uses the store "spare"');
    expect((await cli.run(['validate', '--strict'])).exit).toBe(3);
  });

  it('reads included files, but none behind a symbolic link (G103)', async () => {
    using cli = new Cli();
    cli.write('policy.yaml', `include: [more/a.yaml]\n${policyText}`);
    cli.write('more/a.yaml', 'version: 1\ndomains: [{ name: extra }]\n');
    expect((await cli.run(['validate'])).out).toBe('policy.yaml: no errors\n');
    symlinkSync('more', join(cli.dir, 'linked'));
    cli.write('policy.yaml', `include: [linked/a.yaml]\n${policyText}`);
    const { exit, out } = await cli.run(['validate']);
    expect(exit).toBe(3);
    expect(out).toContain('cannot be read: it is a symbolic link, or lies behind one');
    // The main file is named by a person, who may point where they like.
    cli.write('real.yaml', policyText);
    symlinkSync('real.yaml', join(cli.dir, 'link.yaml'));
    expect((await cli.run(['validate', 'link.yaml'])).exit).toBe(0);
  });

  it('refuses what is no file, or too large', async () => {
    using cli = new Cli();
    cli.write('large.yaml', '#'.repeat(1024 ** 2 + 1));
    expect((await cli.run(['validate', 'large.yaml'])).out).toContain('it is larger than 1 MiB');
    expect((await cli.run(['validate', '.'])).out).toContain('it is not a file');
    expect((await cli.run(['validate', 'none.yaml'])).out).toBe(
      'none.yaml:1:1 error HP100 cannot be read: there is no file DIR/none.yaml; correct the path\n\nnone.yaml: 1 error\n',
    );
    cli.write('policy.yaml', `include: [none.yaml, large.yaml/x.yaml]\n${policyText}`);
    const { out } = await cli.run(['validate']);
    expect(out).toContain(
      'HP100 /include/0 cannot be read: there is no file DIR/none.yaml; correct the path\n',
    );
    expect(out).toContain(
      'HP100 /include/1 cannot be read: a part of the path DIR/large.yaml/x.yaml is a file, not a directory; correct the path\n',
    );
  });
});

describe('fmt', () => {
  const usual = policyText;
  const unusual = policyText.replace(
    '{ path: /backups, reserve: 10% }',
    '{path: /backups,   reserve: 10%}',
  );

  it('writes the usual form, keeps the mode, and says which file changed', async () => {
    using cli = new Cli();
    const path = cli.write('policy.yaml', unusual);
    chmodSync(path, 0o640);
    expect(await cli.run(['fmt'])).toEqual({ exit: 0, out: 'policy.yaml\n', err: '' });
    expect(readFileSync(path, 'utf8')).toBe(usual);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(await cli.run(['fmt'])).toEqual({ exit: 0, out: '', err: '' });
  });

  it('--check exits 3 and writes nothing; --diff shows', async () => {
    using cli = new Cli();
    const path = cli.write('policy.yaml', unusual);
    expect(await cli.run(['fmt', '--check'])).toEqual({ exit: 3, out: 'policy.yaml\n', err: '' });
    const { exit, out } = await cli.run(['fmt', '--diff']);
    expect(exit).toBe(0);
    expect(out).toContain(
      '-  main: {path: /backups,   reserve: 10%}\n+  main: { path: /backups, reserve: 10% }\n',
    );
    expect(readFileSync(path, 'utf8')).toBe(unusual);
  });

  it('goes through standard input and output', async () => {
    using cli = new Cli();
    expect(await cli.run(['fmt', '-'], { input: unusual })).toEqual({
      exit: 0,
      out: usual,
      err: '',
    });
  });

  it('leaves a file alone that is no policy, though nearly every text is YAML', async () => {
    using cli = new Cli();
    const users = 'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\n';
    const path = cli.write('passwd', users);
    const { exit, out, err } = await cli.run(['fmt', 'passwd']);
    expect({ exit, out }).toEqual({ exit: 3, out: '' });
    expect(err).toContain('error HP115 the file is no policy');
    expect(readFileSync(path, 'utf8')).toBe(users);
  });

  it('refuses what is not YAML', async () => {
    using cli = new Cli();
    cli.write('policy.yaml', 'a: [1,\n');
    const { exit, out, err } = await cli.run(['fmt']);
    expect({ exit, out }).toEqual({ exit: 3, out: '' });
    expect(err).toMatch(
      /^holdfast: policy\.yaml cannot be formatted:\npolicy\.yaml:\d+:\d+ error HP/,
    );
  });
});

describe('schema and explain', () => {
  it('prints the schemas that are published', async () => {
    using cli = new Cli();
    const { exit, out } = await cli.run(['schema']);
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ title: 'Holdfast policy, version 1' });
    expect(JSON.parse((await cli.run(['schema', 'host'])).out)).toMatchObject({
      title: 'Holdfast host file, version 1',
    });
  });

  it('explains codes, exit codes and paths of the policy', async () => {
    using cli = new Cli();
    expect((await cli.run(['explain', 'G201'])).out).toMatch(/^G201 \(guard\)\n\n/);
    expect((await cli.run(['explain', '9'])).out).toMatch(/^exit-9 \(exit status\)\n\n/);
    expect((await cli.run(['explain', 'hp209'])).out).toMatch(/^HP209 \(diagnostic\)\n\n/);
    const path = await cli.run(['explain', 'stores.main.reserve']);
    expect(path.exit).toBe(0);
    expect(path.out).toMatch(/^stores\.main\.reserve\n\nSpace /);
    // Without the name of a store: the key of each of them.
    const key = await cli.run(['explain', 'stores.reserve']);
    expect(key.out.split('\n').slice(1)).toEqual(path.out.split('\n').slice(1));
    const list = await cli.run(['explain', 'domains.quiesce']);
    expect(list.out).toContain('required, try, never');
  });

  it('refuses a topic that is none', async () => {
    using cli = new Cli();
    expect(await cli.run(['explain', 'nonsense'])).toEqual({
      exit: 64,
      out: '',
      err: 'holdfast: nothing is called nonsense: write a path of the policy (domains.retention), a code (G201), or an address (domain/nonsense)\n',
    });
    const { err } = await cli.run(['explain', 'traker-lost']);
    expect(err).toContain('; did you mean tracker-lost?\n');
  });
});
