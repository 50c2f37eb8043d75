import { runId } from '../../../src/model/identity.ts';
import { printable } from '../../../src/reporter/printable.ts';
import { parseMarker } from '../../../src/store/home.ts';
import { openEntries, parseJournal } from '../../../src/store/journal-read.ts';
import { parseManifest } from '../../../src/store/manifest.ts';
import {
  checkShape,
  closedShape,
  lookShape,
  memoryShape,
  trashShape,
} from '../../../src/store/records.ts';
import { historyOf } from '../../../src/store/runs.ts';
import { parseShape, type Shape } from '../../../src/store/shape.ts';
import { chainOn, later, pointOf, theRun, theStore, web01 } from '../../store/fixture.ts';
import { everything } from '../../store/journal-events.ts';
import { deepJson, inputs, jsonInput } from '../seeds.ts';
import { mustBeBounded, mustBePlain, mustHold, type Target } from '../target.ts';

const chain = chainOn(8);
const place = pointOf(chain, 1);
const plain = /^[A-Za-z0-9_-]+\.[a-z0-9]+$/;
const backing = /^\.\.\/\d{4,6}-\d{8}T\d{6}Z-(?:full|inc)\/[A-Za-z0-9_-]+\.qcow2$/;

/** `point.json`: no path of one that counts leads out of its chain. */
export const manifestTarget: Target = {
  name: 'manifest',
  seeds: () => [
    jsonInput(place.manifest),
    jsonInput(pointOf(chain, 0).manifest),
    ...deepJson('store'),
  ],
  words: [
    '"../../etc/passwd"',
    '"/etc/passwd"',
    '"formatVersion":2',
    '"vda.qcow2"',
    '[[[[',
    '{"a":',
  ],
  run(input) {
    const manifest = parseManifest(input.toString(), {
      store: theStore,
      chain,
      pointDirectory: place.place.pointDirectory,
      path: '/s/point.json',
    });
    if (!manifest.ok) {
      mustBeBounded(manifest.error.message, input, 'what is told of a manifest');
      mustBePlain(printable(manifest.error.message), 'what is told of a manifest');
      return;
    }
    const { disks, files, domain } = manifest.value;
    mustHold(domain.uuid.length === 36 && disks.length > 0, 'a point of nothing counts');
    for (const { file } of [...disks, ...files]) mustHold(plain.test(file), `a file is ${file}`);
    for (const disk of disks)
      mustHold(disk.backing === null || backing.test(disk.backing), `a disk is on ${disk.backing}`);
  },
};

const shapes: readonly Shape<unknown>[] = [
  closedShape,
  checkShape,
  trashShape,
  lookShape,
  memoryShape,
];

/** All other records of a store: each reader is given each text. */
export const recordsTarget: Target = {
  name: 'records',
  seeds: () => [
    ...deepJson('points'),
    jsonInput({ format: 1, id: theStore, createdAt: later }),
    jsonInput({ formatVersion: 1, at: later, code: 'restored' }),
    jsonInput({ formatVersion: 1, at: later, depth: 'hash' }),
    jsonInput({
      formatVersion: 1,
      run: theRun,
      at: later,
      directory: 'web01',
      chain,
      domain: { uuid: web01, name: 'web01' },
      points: [place.place.pointDirectory],
      bytes: 7,
    }),
    jsonInput({
      formatVersion: 1,
      point: place.manifest.point,
      at: later,
      images: [
        { path: '/i/a', device: 1, inode: 2, sizeBytes: 3, mtimeNs: '4', ctimeNs: '5' },
        { path: '/i/b', device: 1, inode: 2, sizeBytes: 3, mtimeNs: '4', ctimeNs: '5' },
      ],
    }),
    jsonInput({
      formatVersion: 1,
      at: later,
      policyDigest: 'd',
      commit: null,
      bootId: 'b',
      bootClockSeconds: 1.5,
      mount: { device: 1, source: '/dev/sdb1' },
      points: { [web01]: 3 },
      retention: { [web01]: { maxPoints: 30, minPoints: 1, keep: { daily: 7 } } },
      doomed: { [web01]: [chain] },
      policyText: 'version: 1\n',
    }),
  ],
  words: ['"points":', '"doomed":', '{"__proto__":', '[{},{},{}]', '"formatVersion":1', '[[[[['],
  run(input) {
    const text = input.toString();
    const answers = shapes.map((shape) => parseShape(text, shape));
    for (const answer of answers)
      if (!answer.ok) mustBeBounded(answer.error, input, 'what is told of a record');
    const marker = parseMarker(text, '/s/holdfast-store.json');
    if (!marker.ok) mustBeBounded(marker.error.message, input, 'what is told of a marker');
  },
};

/** A journal: what is read of one is a beginning of it, and an intent stays open unless it is closed. */
export const journalTarget: Target = {
  name: 'journal',
  seeds: () => {
    const lines = everything.map((body, index) =>
      JSON.stringify({ formatVersion: 1, run: theRun, number: index + 1, at: later, ...body }),
    );
    return [
      ...inputs(`${lines.join('\n')}\n`, `${lines.slice(0, 5).join('\n')}\n`),
      ...lines.map((line) => Buffer.from(`${line}\n`)),
      ...deepJson('kind').map((line) => Buffer.concat([line, Buffer.from('\n')])),
    ];
  },
  words: ['"kind":"intent"', '"kind":"run-finished"', '\n', '"number":1', '"intent":{'],
  run(input) {
    const text = input.toString();
    const { events, bad } = parseJournal(text);
    mustHold(events.length < text.split('\n').length, 'there are more events than lines');
    if (bad !== null) mustBeBounded(bad.why, input, 'what is told of a journal');
    openEntries(events);
    historyOf(runId(theRun), events, false);
  },
};
