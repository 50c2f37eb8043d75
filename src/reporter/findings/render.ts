import type { Finding } from '../../model/finding.ts';
import { unreachable } from '../../model/result.ts';
import { renderAnnotations } from './annotations.ts';
import { renderCodeQuality } from './code-quality.ts';
import { renderJunit } from './junit.ts';
import { renderSarif } from './sarif.ts';

/** The forms in which CI systems take findings. */
export const findingForms = ['github', 'gitlab', 'sarif', 'junit'] as const;

export type FindingForm = (typeof findingForms)[number];

/** What findings are of. */
export interface FindingSource {
  /** What was looked at, in a word or two: `validate policy.yaml`. */
  readonly title: string;
  /** The main file, for what has no place. */
  readonly file: string;
  /** Name and version of the program: `holdfast 0.1.0`. */
  readonly tool: string;
}

/** Whether a form of output is one of findings. */
export function isFindingForm(form: string): form is FindingForm {
  return findingForms.some((known) => known === form);
}

/** Findings in a CI system's own form. */
export function renderFindings(
  findings: readonly Finding[],
  form: FindingForm,
  { title, file, tool }: FindingSource,
): string {
  switch (form) {
    case 'github':
      return renderAnnotations(findings);
    case 'gitlab':
      return renderCodeQuality(findings, file);
    case 'sarif':
      return renderSarif(findings, tool);
    case 'junit':
      return renderJunit(findings, title);
    default:
      return unreachable(form);
  }
}
