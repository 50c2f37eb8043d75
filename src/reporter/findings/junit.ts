import { escapeXml } from '../../model/escape-xml.ts';
import type { Finding } from '../../model/finding.ts';
import { printable } from '../printable.ts';

/**
 * Findings as a JUnit report, which nearly every CI system shows: an error is a
 * failed test, a warning one that passed and said something. Where nothing was
 * found one test stands for all that was looked at.
 */
export function renderJunit(findings: readonly Finding[], title: string): string {
  const failures = findings.filter(({ severity }) => severity === 'error').length;
  const name = attribute(title);
  const cases =
    findings.length === 0
      ? [`    <testcase classname="holdfast" name=${name}/>`]
      : findings.flatMap(testCase);
  const counts = `tests="${Math.max(1, findings.length)}" failures="${failures}" errors="0" skipped="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="holdfast" ${counts}>`,
    `  <testsuite name=${name} ${counts}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase({ code, severity, message, subject, place }: Finding): readonly string[] {
  const at = place === null ? '' : `${place.file}:${place.line}:${place.column}`;
  const file = place === null ? '' : ` file=${attribute(place.file)} line="${place.line}"`;
  const name = attribute([code, subject, at].filter((part) => part !== '').join(' '));
  const told = escapeXml(printable(message));
  return [
    `    <testcase classname="${escapeXml(code)}" name=${name}${file}>`,
    severity === 'error'
      ? `      <failure type="${escapeXml(code)}" message=${attribute(message)}>${escapeXml(printable(at))}</failure>`
      : `      <system-out>warning: ${told}</system-out>`,
    '    </testcase>',
  ];
}

const attribute = (text: string): string => `"${escapeXml(printable(text))}"`;
