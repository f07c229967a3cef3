import { useSearchParams } from 'react-router';

/** The query parameters of the page's address as state. Parameters set to an empty string are removed. */
export function useAddress(options?: { replace: boolean }) {
  const [search, setSearch] = useSearchParams();
  const set = (values: Record<string, string>, once = options) => {
    const next = new URLSearchParams(search);
    for (const [name, value] of Object.entries(values)) {
      if (value) {
        next.set(name, value);
      } else {
        next.delete(name);
      }
    }
    setSearch(next, once);
  };
  return { get: (name: string) => search.get(name), set };
}
