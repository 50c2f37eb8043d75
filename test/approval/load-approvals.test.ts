import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { keepApproval, signApproval, type SignedApproval } from '../../src/approval/kept.ts';
import { loadApprovals } from '../../src/approval/load-approvals.ts';
import { statementText, type Statement } from '../../src/approval/statement.ts';
import { trailerLine } from '../../src/approval/trailers.ts';
import { giveBack, useApprovals } from '../../src/approval/used.ts';
import { planSchemaErrors } from '../../src/cli/generated/plan-schema.ts';
import type { Approval } from '../../src/model/approval.ts';
import { subjectDigest } from '../../src/model/approved-subjects.ts';
import { lookAtSource } from '../../src/source/look-at-source.ts';
import { realFiles } from '../../src/store/files.ts';
import { GitRig, policyOf } from '../source/git-rig.ts';
import { guardOf, planOfDays } from './three-chains.ts';

vi.setConfig({ testTimeout: 60_000 });

const plan = planOfDays([20, 21, 22]);
const subjects = plan.actions
  .filter(({ id }) => guardOf(plan).actions.includes(id))
  .map(subjectDigest);

const statement: Statement = {
  host: plan.host,
  code: 'G201',
  scope: 'domain/web01',
  subjects,
  madeAt: '2026-11-22T09:00:00.000Z',
  until: '2026-11-22T21:00:00.000Z',
  plan: plan.id,
  reason: 'ticket 4711',
};

class Approvers extends GitRig {
  readonly approvers = { signers: this.signersFile, revoked: null };
  readonly told: string[] = [];

  async sign(by: string, text: string): Promise<SignedApproval> {
    const file = join(this.dir, 'statement');
    writeFileSync(file, text);
    rmSync(`${file}.sig`, { force: true });
    const signed = await signApproval(file, this.key(by), undefined);
    if (!signed.ok) throw new Error(signed.error.message);
    return { statement: text, signature: readFileSync(`${file}.sig`, 'utf8') };
  }

  async keep(by: string, text: string): Promise<string> {
    const here = { host: plan.host, nowMs: this.nowMs };
    const kept = await keepApproval(this.stateDir, this.approvers, await this.sign(by, text), here);
    return kept.ok ? `kept, by ${kept.value.by}` : kept.error.message;
  }

  async load(commit: string | null = null): Promise<readonly Approval[]> {
    return loadApprovals({
      stateDir: this.stateDir,
      approvers: this.approvers,
      host: plan.host,
      commit,
      nowMs: this.nowMs,
      files: realFiles,
      warn: (message) => this.told.push(message),
    });
  }
}

describe('a signed approval', () => {
  it('is kept, counts until its end, and lifts the guard', async () => {
    using rig = new Approvers('alice');
    expect(await rig.keep('alice', statementText(statement))).toBe('kept, by alice@example.org');
    const found = await rig.load();
    expect(found).toMatchObject([{ by: 'alice@example.org', how: 'signature', subjects }]);
    const approved = planOfDays([20, 21, 22], { approvals: found });
    expect(guardOf(approved).effect).toBe('allowed');
    // A plan with it can be saved, and applied.
    expect(planSchemaErrors(approved)).toEqual([]);
    rig.nowMs = Date.parse(statement.until);
    expect(await rig.load()).toEqual([]);
    expect(rig.told).toEqual([]);
  });

  it('is refused when it is not what an approver signed for this host and this time', async () => {
    using rig = new Approvers('alice');
    const text = statementText(statement);
    const nobody = `no key of ${rig.signersFile} that counts today signed it`;
    expect(await rig.keep('mallory', text)).toBe(nobody);
    const { signature } = await rig.sign('alice', text);
    const wider = statementText({ ...statement, scope: 'host' });
    const here = { host: plan.host, nowMs: rig.nowMs };
    const forged = { statement: wider, signature };
    const kept = await keepApproval(rig.stateDir, rig.approvers, forged, here);
    expect(!kept.ok && kept.error.message).toBe(nobody);
    const tried = async (change: Partial<Statement>): Promise<string> =>
      rig.keep('alice', statementText({ ...statement, ...change }));
    expect(await tried({ host: 'kvm02' })).toBe('it is for host kvm02, and this is kvm01');
    expect(await tried({ until: '2026-11-22T09:30:00.000Z' })).toBe(
      'it expired at 2026-11-22T09:30:00.000Z',
    );
    expect(await tried({ until: '2026-12-22T09:30:00.000Z' })).toBe(
      'it is good for more than 14 days, from 2026-11-22T09:00:00.000Z to 2026-12-22T09:30:00.000Z',
    );
    expect(await tried({ madeAt: '2026-11-22T11:00:00.000Z' })).toBe(
      'it is dated 2026-11-22T11:00:00.000Z, which is to come',
    );
    expect(await tried({ subjects: [] })).toBe('it approves nothing');
    expect(await rig.keep('alice', text.trim())).toBe(
      'it is not written as holdfast approve writes it',
    );
    expect(await rig.load()).toEqual([]);
  });

  it('counts no more when its key was taken off the list, or nobody may approve', async () => {
    using rig = new Approvers('alice', 'bob');
    await rig.keep('alice', statementText(statement));
    rig.allow(rig.line('bob'));
    expect(await rig.load()).toEqual([]);
    expect(rig.told).toEqual([
      expect.stringMatching(
        /\.approval does not count: no key of \S+ that counts today signed it$/,
      ),
    ]);
    rig.allow(rig.line('alice', 'namespaces="git"'));
    expect(await rig.load()).toEqual([]);
  });

  it('allows each of its subjects once (replay)', async () => {
    using rig = new Approvers('alice');
    await rig.keep('alice', statementText(statement));
    const approved = planOfDays([20, 21, 22], { approvals: await rig.load() });
    const { nowMs } = rig;
    expect(useApprovals(rig.stateDir, approved, nowMs, realFiles).ok).toBe(true);
    // A run that dies here has used it.
    expect(await rig.load()).toEqual([]);
    const [first = '', second = ''] = guardOf(approved).actions;
    giveBack(rig.stateDir, approved, { done: new Set([first]), nowMs, files: realFiles });
    expect(await rig.load()).toMatchObject([{ subjects: [subjects[1]] }]);
    giveBack(rig.stateDir, approved, { done: new Set([first, second]), nowMs, files: realFiles });
    expect(await rig.load()).toMatchObject([{ subjects: [subjects[1]] }]);
    // Handed in again, it is the same one.
    await rig.keep('alice', statementText(statement));
    expect(await rig.load()).toMatchObject([{ subjects: [subjects[1]] }]);
  });
});

const approve = (change: Partial<Statement> = {}): string =>
  `less\n\n${trailerLine({ ...statement, ...change })}`;

describe('a line in a signed commit', () => {
  it('approves if an approver signed the commit', async () => {
    using rig = new Approvers('alice', 'carol');
    rig.commit({ by: 'alice', write: { 'policy.yaml': policyOf(10) } });
    const commit = rig.commit({ by: 'alice', message: approve() });
    await lookAtSource(rig.setting());
    const found = await rig.load(commit);
    expect(found).toMatchObject([
      {
        by: 'alice@example.org',
        how: 'commit',
        madeAt: '2026-11-22T08:00:00.000Z',
        until: statement.until,
        subjects,
      },
    ]);
    expect(guardOf(planOfDays([20, 21, 22], { approvals: found })).effect).toBe('allowed');
    // In a later commit it still counts, until its end.
    const later = rig.commit({ by: 'carol', message: 'more' });
    await lookAtSource(rig.setting());
    expect(await rig.load(later)).toEqual(found);
    // Who may commit may not therefore approve.
    rig.allow(rig.line('carol'));
    expect(await rig.load(later)).toEqual([]);
    rig.allow(rig.line('alice'), rig.line('carol'));
    rig.nowMs = Date.parse(statement.until);
    expect(await rig.load(later)).toEqual([]);
  });

  it('counts for its host and a fortnight only, and not in an unsigned commit', async () => {
    using rig = new Approvers('alice');
    rig.commit({ message: approve() });
    rig.commit({ by: 'alice', message: approve({ host: 'kvm02' }) });
    rig.commit({ by: 'alice', message: approve({ until: '2027-01-01T00:00:00.000Z' }) });
    const commit = rig.commit({ by: 'alice', write: { 'policy.yaml': policyOf(10) } });
    await lookAtSource(rig.setting());
    expect(await rig.load(commit)).toEqual([]);
    expect(rig.told).toEqual([]);
  });
});
