import { client } from '../../api/client';
import type { NamedPlan, NamedPolicy, Node, Policy } from '../../api/types';
import { NEW_PLAN, NEW_POLICY } from '../../lib/plans';

/** The name of the policy that is offered where there is none. */
export const STANDARD = 'standard';

/** What protects a machine: a plan that exists or a new one, and a retention policy. */
export type ProtectionDraft = {
  /** The name of a plan that exists; empty for a new one. */
  plan: string;
  name: string;
  what: 'all' | 'folders';
  paths: string[];
  schedule: string;
  /** Empty to keep all snapshots. */
  policy: string;
};

/** A name for a new plan that no plan has. */
export function freeName(wanted: string, plans: NamedPlan[]): string {
  const taken = new Set(plans.map((plan) => plan.name));
  let name = wanted;
  for (let number = 2; taken.has(name); number++) {
    name = `${wanted}-${number}`;
  }
  return name;
}

/** The policies to choose from: those that exist, and the standard one. */
export const offered = (policies: NamedPolicy[]): { name: string; policy: Policy }[] =>
  policies.some(({ name }) => name === STANDARD) ? policies : [...policies, { name: STANDARD, policy: NEW_POLICY }];

/** Saves plan and policy, and starts a backup. Returns its task. It can be repeated after a failure. */
export async function protect(
  node: Node,
  draft: ProtectionDraft,
  policies: NamedPolicy[],
): Promise<number | undefined> {
  const plan = draft.plan || draft.name;
  const bound = { params: { path: { name: plan, node: node.name } } };
  if (!draft.plan) {
    const paths = draft.what === 'all' ? ['/'] : draft.paths;
    await client.PUT('/plans/{name}', {
      params: { path: { name: plan } },
      body: {
        ...NEW_PLAN,
        what: { ...NEW_PLAN.what, paths },
        when: { ...NEW_PLAN.when, schedule: draft.schedule },
      },
    });
  }
  if (draft.policy && draft.policy !== node.policy) {
    const path = { name: draft.policy };
    if (draft.policy === STANDARD && !policies.some(({ name }) => name === STANDARD)) {
      await client.PUT('/policies/{name}', { params: { path }, body: NEW_POLICY });
    }
    await client.PUT('/policies/{name}/nodes/{node}', { params: { path: { ...path, node: node.name } } });
  }
  await client.PUT('/plans/{name}/nodes/{node}', bound);
  const { data } = await client.POST('/plans/{name}/run', {
    params: { path: { name: plan } },
    body: { nodes: [node.name], fullRead: false },
  });
  return data?.tasks[0];
}
