import { createContext, useContext } from 'react';
import type { Session } from '../api/types';

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) {
    throw new Error('useSession is called without a session');
  }
  return session;
}

/**
 * Returns whether the user has a permission. The appliance enforces permissions; this only hides what it would
 * refuse.
 */
export function useMay(): (permission: string) => boolean {
  const session = useSession();
  return (permission) => session.permissions.includes(permission);
}
