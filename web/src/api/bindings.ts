import { client } from './client';

/** Makes a plan or policy apply to the given nodes, of which it applied to `before`. */
export async function bind(kind: 'plans' | 'policies', name: string, nodes: string[], before: string[]) {
  const of = (node: string) => ({ params: { path: { name, node } } });
  for (const node of nodes.filter((each) => !before.includes(each))) {
    await client.PUT(`/${kind}/{name}/nodes/{node}`, of(node));
  }
  for (const node of before.filter((each) => !nodes.includes(each))) {
    await client.DELETE(`/${kind}/{name}/nodes/{node}`, of(node));
  }
}
