import { digestOf } from '../model/canonical.ts';
import type { DesiredState } from '../model/desired.ts';
import { domainUuid, type DomainUuid } from '../model/identity.ts';
import type { Rule } from '../policy/policy.ts';
import { resolvePolicy } from '../policy/resolve-policy.ts';
import type { LoadedPolicy } from './load-policy.ts';

/**
 * What a policy means for the domains that it speaks of itself: one for each
 * name and uuid, and some for each pattern, which are called like the pattern.
 */
export function desiredOfPolicyAlone(policy: LoadedPolicy, perPattern: number): DesiredState {
  const rules: Rule[] = [];
  const known: { readonly uuid: DomainUuid; readonly name: string }[] = [];
  for (const rule of policy.rules) {
    for (const name of namesOf(rule, perPattern)) {
      const uuid = rule.selector.kind === 'uuid' ? rule.selector.uuid : supposedUuid(name);
      known.push({ uuid, name });
      rules.push({ ...rule, selector: { kind: 'uuid', uuid } });
    }
  }
  // Nobody is ignored, moved or removed where nobody is known.
  const alone = { ...policy, rules, ignore: [], moved: [], removed: [] };
  const desired = resolvePolicy(alone, known, policy.git);
  return { ...desired, policy: { ...desired.policy, rules: policy.rules.length } };
}

// Of the name, so that two policies that are compared mean the same domain by it.
function supposedUuid(name: string): DomainUuid {
  const digits = digestOf(['simulated', name]);
  const parts = [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ].map(([from, to]) => digits.slice(from, to));
  return domainUuid(parts.join('-'));
}

function namesOf({ selector }: Rule, perPattern: number): readonly string[] {
  switch (selector.kind) {
    case 'name':
      return [selector.name];
    case 'uuid':
      return [selector.uuid];
    case 'match':
      return Array.from({ length: perPattern }, (_none, index) =>
        perPattern === 1 ? selector.pattern.text : `${selector.pattern.text} ${index + 1}`,
      );
    default:
      return selector;
  }
}
