import { useEffect, useState } from 'react';

/** The value once it has not changed for a moment, so that the appliance is not asked at every key. */
export function useSettled<T>(value: T, millis = 400): T {
  const [settled, setSettled] = useState(value);
  const text = JSON.stringify(value);
  // biome-ignore lint/correctness/useExhaustiveDependencies: equal values need not be the same.
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), millis);
    return () => clearTimeout(timer);
  }, [text, millis]);
  return settled;
}
