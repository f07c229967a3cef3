import { contentAddress } from '../api/restore';
import type { Basket } from './baskets';
import { bySnapshot } from './baskets';

/** The longest address that servers accept, in characters. */
const MOST_ADDRESS = 6000;

/** An address, and the name to save what is there as; an empty name leaves it to the appliance. */
export type Download = { address: string; name: string; taken: string };

/** Downloads of a basket: an archive for each point in time, or the file itself. Null if an address would be too long. */
export function downloads(basket: Basket, format: string): Download[] | null {
  const [only] = basket;
  if (only && basket.length === 1 && (only.entry.kind === 'file' || only.entry.kind === 'hardlink')) {
    const { snapshot, entry, taken } = only;
    return [{ address: contentAddress(snapshot, entry.path), name: entry.name, taken }];
  }
  const all = bySnapshot(basket).map(({ snapshot, taken, paths }) => {
    const query = new URLSearchParams({ format });
    for (const path of paths) {
      query.append('path', path);
    }
    return { address: `/api/v1/snapshots/${snapshot}/archive?${query}`, name: '', taken };
  });
  return all.some((each) => each.address.length > MOST_ADDRESS) ? null : all;
}
