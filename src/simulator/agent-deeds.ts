/** What people and luck do to an agent, its host file and its state between rounds. */
export const agentDeeds = [
  'sleep',
  'ring',
  'suspend-domain',
  'suspend-all',
  'resume',
  'policy-mode',
  'host-mode',
  'window',
  'approve',
  'end',
  'lose-state',
  'tear-state',
  'old-state',
] as const;

export type AgentDeed = (typeof agentDeeds)[number];
