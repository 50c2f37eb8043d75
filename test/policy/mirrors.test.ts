import { expect, it } from 'vitest';
import { goodPolicy } from './reading.ts';

it('reads all that can be said of a mirror', () => {
  const policy = goodPolicy(`version: 1
timezone: Europe/Berlin
stores: { main: { path: /backups } }
schedules: { sundays: { cron: "0 4 * * 0", jitter: 1h } }
mirrors:
  far: { type: rclone, target: "s3:bucket/vm/", schedule: sundays, deletes: never, configFile: /r.conf }
  near: { type: rsync, target: "b@[fe80::1]:/vol", trash: { keepFor: 14d }, ssh: { identityFile: /k, knownHosts: /h, port: 2222 } }
defaults: { schedule: "@daily", mirrors: [far, near] }
domains: [{ match: "*" }]
`);
  const shared = {
    bandwidthBytesPerSecond: null,
    retention: policy.rules[0]?.settings.retention,
  };
  expect(policy.mirrors).toEqual([
    {
      ...shared,
      name: 'far',
      type: 'rclone',
      target: 's3:bucket/vm/',
      deletes: 'never',
      ssh: { identityFile: null, knownHosts: null, port: null },
      configFile: '/r.conf',
      schedule: {
        name: 'sundays',
        cron: '0 4 * * 0',
        timezone: 'Europe/Berlin',
        jitterSeconds: 3600,
      },
      trashKeepSeconds: 259_200,
      place: { file: 'policy.yaml', line: 6, column: 3 },
    },
    {
      ...shared,
      name: 'near',
      type: 'rsync',
      target: 'b@[fe80::1]:/vol',
      deletes: 'allowed',
      ssh: { identityFile: '/k', knownHosts: '/h', port: 2222 },
      configFile: null,
      schedule: null,
      trashKeepSeconds: 1_209_600,
      place: { file: 'policy.yaml', line: 7, column: 3 },
    },
  ]);
});
