import { describe, expect, it } from 'vitest';
import { maskSecrets } from '../../src/reporter/mask-secrets.ts';
import { renderDefinitionDiff, renderPolicyDiff } from '../../src/reporter/text-diff.ts';

const plain = { color: false };
const names = { old: 'policy.yaml (applied)', new: 'policy.yaml' };

const lines = (letter: string): string =>
  Array.from({ length: 6000 }, (_, index) => `${letter}${index}\n`).join('');

describe('the diff of two policies', () => {
  const old = 'version: 1\nretention:\n  standard: { keep: { daily: 14 } }\n';
  const changed = 'version: 1\nretention:\n  standard: { keep: { daily: 7 } }\n';

  it('is unified', () => {
    expect(renderPolicyDiff(old, changed, names, plain)).toBe(`\
--- policy.yaml (applied)
+++ policy.yaml
@@ -1,3 +1,3 @@
 version: 1
 retention:
-  standard: { keep: { daily: 14 } }
+  standard: { keep: { daily: 7 } }
`);
    expect(renderPolicyDiff(old, old, names, plain)).toBe('');
  });

  it('is coloured line by line', () => {
    const text = renderPolicyDiff(old, changed, names, { color: true });
    expect(text).toContain('\u001B[31m-  standard: { keep: { daily: 14 } }\u001B[39m\n');
    expect(text).toContain('\u001B[32m+  standard: { keep: { daily: 7 } }\u001B[39m\n');
    expect(text).toContain('\u001B[1m--- policy.yaml (applied)\u001B[22m\n');
  });

  it('prints no control character of either text', () => {
    const text = renderPolicyDiff('a: 1\n', 'a:\t\u001B[2J\u202E2\n', names, plain);
    expect(text).toContain('\n+a:\t2\n');
    expect(text).not.toContain('\u001B');
  });

  it('gives up on texts that have nothing in common', () => {
    expect(renderPolicyDiff(lines('a'), lines('b'), names, plain)).toBe(
      'policy.yaml (applied) and policy.yaml differ in more than 5000 lines.\n',
    );
  });
});

describe('secrets of a definition', () => {
  it.each([
    [
      "<graphics type='vnc' passwd='s3cret' port='1'/>",
      "<graphics type='vnc' passwd='********' port='1'/>",
    ],
    ['<graphics passwd = "a\'b"/>', "<graphics passwd = '********'/>"],
    [
      "<graphics passwdValidTo='2026-01-01T00:00:00'/>",
      "<graphics passwdValidTo='2026-01-01T00:00:00'/>",
    ],
    ['<secret>s3\ncret</secret>', '<secret>********</secret>'],
    ['<secret><![CDATA[<s3cret>]]></secret >', '<secret>********</secret >'],
    [
      "<secret type='ceph' uuid='u'/><name>n</name><secret format='raw'>s3cret</secret>",
      "<secret type='ceph' uuid='u'/><name>n</name><secret format='raw'>********</secret>",
    ],
    [
      "<cookies><cookie name='c'>s3cret</cookie></cookies>",
      "<cookies><cookie name='c'>********</cookie></cookies>",
    ],
    [
      "<qemu:arg value='secret,id=k,data=s3cret'/><qemu:arg value='-device'/>",
      "<qemu:arg value='secret,********'/><qemu:arg value='-device'/>",
    ],
    [
      "<domain><name>secret</name><title>a passwd='no</title></domain>",
      "<domain><name>secret</name><title>a passwd='no</title></domain>",
    ],
  ])('are masked in %s', (xml, masked) => expect(maskSecrets(xml)).toBe(masked));

  it('are in no diff', () => {
    const old = "<domain>\n  <graphics passwd='old-s3cret'/>\n  <vcpu>1</vcpu>\n</domain>\n";
    const changed = "<domain>\n  <graphics passwd='new-s3cret'/>\n  <vcpu>2</vcpu>\n</domain>\n";
    const both = { old: 'point', new: 'now' };
    expect(renderDefinitionDiff(old, changed, both, plain)).toBe(`\
--- point
+++ now
@@ -1,4 +1,4 @@
 <domain>
   <graphics passwd='********'/>
-  <vcpu>1</vcpu>
+  <vcpu>2</vcpu>
 </domain>
`);
    expect(renderDefinitionDiff(old, old, both, plain)).toBe('');
    expect(renderDefinitionDiff(old, old.replace('old-', 'other-'), both, plain)).toBe(
      'Only secrets differ.\n',
    );
  });
});
