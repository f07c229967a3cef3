export type GuidePage = { title: string; html: string };

/** Made of the repository's documents when the console is built. */
const PAGES = import.meta.glob<GuidePage>(
  ['../../../../docs/guide/**/*.md', '../../../../docs/{command-line,excludes,glossary,threat-model,api}.md'],
  { import: 'default' },
);

/** The page that an address stands for, in English where there is no Chinese one. */
export async function load(address: string): Promise<GuidePage | null> {
  const places = [`guide/${address}`, `guide/${address.replace(/^zh\//, '')}`, address];
  const page = places.map((place) => PAGES[`../../../../docs/${place}.md`]).find((each) => each !== undefined);
  return (await page?.()) ?? null;
}
