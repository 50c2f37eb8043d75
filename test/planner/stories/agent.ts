import { actionKey, type AgentLimits } from '../../../src/model/agent.ts';
import { runId } from '../../../src/model/identity.ts';
import { addSeconds } from '../../../src/model/instant.ts';
import { chain, directory } from '../build-chain.ts';
import { domain, tracked } from '../build-domain.ts';
import { day, hour, now } from '../build-policy.ts';
import { policyText, story, type Story } from './story.ts';

const web01 = domain(1, 'web01');
const db1 = domain(2, 'db1');
const old = chain('2026-10-01T01:00:00.000Z', 5);
const older = chain('2026-09-01T01:00:00.000Z', 5);
const live = chain('2026-11-17T01:00:00.000Z', 5);
const where = directory(web01, [older, old, live]);
const domains = [tracked(web01, where), db1];
const keptForever = policyText({
  store: '{ path: /backups, reserve: 10%, trash: { keepFor: 72h } }',
});

const byAgent = runId('20261115T020000Z-0a0a0a0a');
const byPerson = runId('20261115T100000Z-0b0b0b0b');
const trash = [byAgent, byPerson].map((run, index) => ({
  run,
  path: `.trash/${run}/web01/${older.id}`,
  uuid: web01.uuid,
  name: 'web01',
  chain: chain(`2026-0${index + 7}-01T01:00:00.000Z`, 5).id,
  points: 5,
  bytes: 5 * 1024 ** 3,
  trashedAt: addSeconds(now, -6 * day),
}));

const limits: AgentLimits = {
  mode: 'full',
  suspended: [],
  stalled: [],
  opensAt: null,
  ownTrash: [],
};

const told = (name: string, agent: Partial<AgentLimits>): Story =>
  story(
    name,
    keptForever,
    domains,
    [where],
    { store: { trash } },
    {
      unattended: true,
      agent: { ...limits, ...agent },
    },
  );

/** What holds the agent back: its mode, its windows, what people suspended, what failed again and again. */
export const agentStories: readonly Story[] = [
  told('agent-plan-only', { mode: 'plan-only' }),
  told('agent-additive', { mode: 'additive', ownTrash: [byAgent] }),
  told('agent-full', { ownTrash: [byAgent] }),
  told('agent-outside-its-window', { opensAt: '2026-11-22T21:00:00.000Z' }),
  told('agent-suspended', {
    suspended: [
      {
        address: 'domain/db1',
        reason: 'migration to the new cluster',
        who: 'anna',
        at: addSeconds(now, -hour),
        until: addSeconds(now, 3 * hour),
      },
      {
        address: 'domain/web01',
        reason: 'this one is over',
        who: 'anna',
        at: addSeconds(now, -3 * hour),
        until: addSeconds(now, -1),
      },
    ],
  }),
  told('agent-stalled', {
    stalled: [
      {
        action: actionKey({ kind: 'backup', address: 'domain/db1' }),
        times: 4,
        retryAt: addSeconds(now, 1200),
      },
    ],
  }),
];
