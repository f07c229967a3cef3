import { client } from './client';

/** Assigns a plan or policy to exactly the given nodes; `before` is the current assignment. */
export async function bind(kind: 'plans' | 'policies', name: string, nodes: string[], before: string[]) {
  const of = (node: string) => ({ params: { path: { name, node } } });
  for (const node of nodes.filter((each) => !before.includes(each))) {
    await client.PUT(`/${kind}/{name}/nodes/{node}`, of(node));
  }
  for (const node of before.filter((each) => !nodes.includes(each))) {
    await client.DELETE(`/${kind}/{name}/nodes/{node}`, of(node));
  }
}
