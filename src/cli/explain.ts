import type { Command } from 'commander';
import { addressOf, covers, onMirror, type Address } from '../model/address.ts';
import type { MirrorAccess } from '../model/desired.ts';
import type { PointId } from '../model/identity.ts';
import type { ObservedState } from '../model/observed.ts';
import { noRequest, type Plan } from '../model/plan.ts';
import type { PointsReport } from '../model/report.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import { retentionVerdicts } from '../planner/retention-words.ts';
import { policyCodes } from '../policy/codes.ts';
import { nearest } from '../policy/nearest.ts';
import { explain, topics } from '../reporter/explain.ts';
import { renderPlan } from '../reporter/plan.ts';
import { renderPoints } from '../reporter/points.ts';
import { printJson, refuse, type Context, type Go } from './context.ts';
import { nearbyDomain } from './did-you-mean.ts';
import type { ExitCode } from './exit.ts';
import { explainPath, readSchema } from './explain-schema.ts';
import { copyVerdicts } from './list-copies.ts';
import { desiredOf } from './load-policy.ts';
import { accessOf } from './mirror-access.ts';
import { asStore } from './mirror-copies.ts';
import { pointsReport, type PointsFacts, type ReadPoint } from './points-report.ts';
import { renderOptions } from './print-report.ts';
import { readHolds } from './read-holds.ts';
import { readAddress } from './resolve-address.ts';
import { openSession, type Session } from './session.ts';

/** `holdfast explain TOPIC` */
export function defineExplain(command: Command, go: Go): void {
  command
    .argument('<topic>', 'a path of the policy, a code, an exit status, or an address')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast explain domains.retention\n  holdfast explain G201\n  holdfast explain tracker-lost\n  holdfast explain 9\n  holdfast explain domain/web01\n  holdfast explain nas:domain/web01',
    )
    .action(async (topic: string) => go(async (context) => runExplain(context, topic)));
}

async function runExplain(context: Context, topic: string): Promise<ExitCode> {
  if (topic.startsWith('domain/') || topic.includes(':domain/'))
    return explainAddress(context, topic);
  const text =
    explain(topic) ?? explainDiagnostic(topic) ?? explainPath(readSchema('policy'), topic);
  if (text === null) {
    const codes = [...topics.map(({ code }) => code), ...Object.keys(policyCodes)];
    const near = nearest(topic, codes);
    const meant = near === null ? '' : `; did you mean ${near}?`;
    return refuse(context, {
      exit: 64,
      code: 'unknown-topic',
      message: `nothing is called ${topic}: write a path of the policy (domains.retention), a code (G201), or an address (domain/${addressable(topic)})${meant}`,
    });
  }
  if (context.globals.json === true) printJson(context, 'explain', { topic, text });
  else context.terminal.out(text);
  return 0;
}

/** What a diagnostic of the policy or of the host file means; null if the topic is none. */
function explainDiagnostic(topic: string): string | null {
  const code = topic.toUpperCase();
  const text = new Map<string, string>(Object.entries(policyCodes)).get(code);
  return text === undefined ? null : `${code} (diagnostic)\n\n${text}\n`;
}

/** The topic, if it may be a domain's name; else one for the example. */
function addressable(topic: string): string {
  return /^[A-Za-z0-9._-]+$/.test(topic) ? topic : 'web01';
}

/** Why a domain is due, waits or is blocked, and why its points are kept. */
async function explainAddress(context: Context, topic: string): Promise<ExitCode> {
  const only = readAddress(topic);
  if (!only.ok) return refuse(context, only.error);
  const session = await openSession(context);
  if (!session.ok) return refuse(context, session.error);
  const observed = await session.value.look();
  const desired = desiredOf(session.value.policy, observed);
  const { domain: name, mirror } = only.value;
  const access = mirror === null ? null : accessOf(session.value.policy.mirrors, mirror);
  if (access?.ok === false) return refuse(context, access.error);
  const whole = planPolicy(desired, observed, noRequest);
  const known = whole.domains.map(({ domain }) => domain.name);
  const plan = about(whole, name, mirror);
  const facts = { timezone: desired.timezone, manifests: new Map<PointId, ReadPoint>() };
  const report =
    access === null
      ? pointsReport({
          ...facts,
          observed,
          only: only.value,
          verdicts: retentionVerdicts(desired, observed),
          holds: readHolds(observed),
        })
      : copiesReport(session.value.policy, observed, only.value, access.value, facts);
  if (plan.domains.length === 0 && report.points.length === 0)
    return refuse(context, {
      exit: 1,
      code: 'no-domain',
      message: `${topic} is neither a domain of this host nor in its stores${nearbyDomain(name, known)}`,
    });
  if (context.globals.json === true) {
    printJson(context, 'explain', { topic, plan, points: report.points });
    return 0;
  }
  const options = { ...renderOptions(context), verbose: true };
  context.terminal.out(renderPlan(plan, options));
  context.terminal.out(`\n${renderPoints(report, options)}`);
  for (const code of codesOf(plan)) {
    const text = explain(code);
    if (text !== null) context.terminal.out(`\n${text}`);
  }
  return 0;
}

/** The copies that an address at a mirror means, as they were seen for the plan. */
function copiesReport(
  policy: Session['policy'],
  observed: ObservedState,
  only: Address,
  { name, target }: MirrorAccess,
  facts: Pick<PointsFacts, 'timezone' | 'manifests'>,
): PointsReport {
  const looks = observed.mirrors.find((each) => each.name === name)?.stores ?? [];
  const stores = looks.map(({ store, state }) => asStore(store, target, state));
  return pointsReport({
    ...facts,
    observed: { ...observed, stores },
    only: { ...only, mirror: null },
    verdicts: copyVerdicts(policy, observed, name, stores),
    holds: new Map(),
    mirror: name,
  });
}

/** The part of a plan that is about one domain, or about its copies at one mirror. */
function about(plan: Plan, name: string, mirror: string | null): Plan {
  const domains = plan.domains.filter(({ domain }) => [domain.name, domain.uuid].includes(name));
  const uuids = new Set(domains.map(({ domain }) => domain.uuid));
  const actions = plan.actions.filter(
    (action) =>
      'domain' in action &&
      uuids.has(action.domain.uuid) &&
      (mirror === null || ('mirror' in action && action.mirror.name === mirror)),
  );
  const ids = new Set(actions.map(({ id }) => id));
  const addresses = domains.flatMap((verdict) => {
    const address = addressOf(verdict.domain.name);
    return mirror === null ? [address] : [onMirror(mirror, address), `mirror/${mirror}`];
  });
  return {
    ...plan,
    domains,
    actions,
    guards: plan.guards.filter((guard) => guard.actions.some((id) => ids.has(id))),
    notes: plan.notes.filter((note) => addresses.some((address) => covers(address, note.address))),
  };
}

/** Codes that the plan gives as reasons, once each. */
function codesOf({ actions, domains, guards }: Plan): readonly string[] {
  const reasons = [...actions, ...domains].flatMap((one) => one.reasons);
  return [...new Set([...guards, ...reasons].map(({ code }) => code))];
}
