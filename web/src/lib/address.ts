import { useSearchParams } from 'react-router';

/** The page's address as its state: what is set to nothing leaves the address. */
export function useAddress(options?: { replace: boolean }) {
  const [search, setSearch] = useSearchParams();
  const set = (values: Record<string, string>) => {
    const next = new URLSearchParams(search);
    for (const [name, value] of Object.entries(values)) {
      if (value) {
        next.set(name, value);
      } else {
        next.delete(name);
      }
    }
    setSearch(next, options);
  };
  return { get: (name: string) => search.get(name), set };
}
