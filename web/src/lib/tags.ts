/** What the appliance takes as a tag, which it stores in lower case. */
export const TAG = /^[\p{L}\p{Nd}][\p{L}\p{M}\p{Nd}._-]{0,30}$/u;

/** The tags of all nodes, each once, in order. */
export function tagsOf(nodes: readonly { tags: string[] }[]): string[] {
  return [...new Set(nodes.flatMap((node) => node.tags))].sort((a, b) => a.localeCompare(b));
}
