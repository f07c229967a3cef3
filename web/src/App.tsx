import { onlineManager, useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useEffect, useState } from 'react';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { beginSession, client, Problem } from './api/client';
import type { Session } from './api/types';
import { ActionsProvider } from './components/actions';
import { Failure, Waiting } from './components/basics';
import { Boundary } from './components/broken';
import { LeaveGuard } from './components/leaving';
import { Shell } from './components/Shell';
import { SessionContext } from './components/session';
import { UnreachableBanner } from './components/Unreachable';
import { forgetBaskets } from './lib/baskets';
import { part, prefetch } from './lib/chunks';
import { forgetNotices } from './lib/notices';
import { forgetOrders } from './lib/orders';
import { Overview } from './pages/overview/Overview';
import { SignIn, SignInAgain } from './pages/SignIn';

const SESSION = ['session'];

const Nodes = part(() => import('./pages/nodes/Nodes'));
const AddMachine = part(() => import('./pages/protect/AddMachine'));
const Protect = part(() => import('./pages/protect/Protect'));
const NodePage = part(() => import('./pages/nodes/NodePage'));
const Plans = part(() => import('./pages/plans/Plans'));
const PlanEditor = part(() => import('./pages/plans/PlanEditor'));
const PolicyEditor = part(() => import('./pages/plans/PolicyEditor'));
const Tasks = part(() => import('./pages/Tasks'));
const TaskPage = part(() => import('./pages/TaskPage'));
const Restore = part(() => import('./pages/restore/Restore'));
const DiskFiles = part(() => import('./pages/diskfiles/DiskFiles'));
const Instant = part(() => import('./pages/instant/InstantRecoveries'));
const Storage = part(() => import('./pages/Storage'));
const Damage = part(() => import('./pages/damage/Damage'));
const Attacks = part(() => import('./pages/attack/AttackPage'));
const Hardware = part(() => import('./pages/hardware/Hardware'));
const Vaults = part(() => import('./pages/vaults/Vaults'));
const Events = part(() => import('./pages/Events'));
const Audit = part(() => import('./pages/Audit'));
const Users = part(() => import('./pages/Users'));
const Account = part(() => import('./pages/Account'));
const Settings = part(() => import('./pages/Settings'));
const Guide = part(() => import('./pages/guide/Guide'));
const Setup = part(() => import('./pages/setup/Setup'));

function Pages() {
  const { pathname } = useLocation();
  return (
    // The key shows that a page loads, instead of the one before, and ends the errors of that one.
    <Boundary key={pathname}>
      <Suspense fallback={<Waiting />}>
        <Routes>
          <Route path="/" element={<Overview />} />
          <Route path="/nodes" element={<Nodes />} />
          <Route path="/nodes/:name" element={<NodePage />} />
          <Route path="/nodes/:name/protect" element={<Protect />} />
          <Route path="/add-machine" element={<AddMachine />} />
          <Route path="/plans" element={<Plans />} />
          <Route path="/plans/new" element={<PlanEditor />} />
          <Route path="/plans/:name" element={<PlanEditor />} />
          <Route path="/policies/new" element={<PolicyEditor />} />
          <Route path="/policies/:name" element={<PolicyEditor />} />
          <Route path="/tasks" element={<Tasks />} />
          <Route path="/tasks/:id" element={<TaskPage />} />
          <Route path="/restore" element={<Restore />} />
          <Route path="/disk-files" element={<DiskFiles />} />
          <Route path="/instant-recovery" element={<Instant />} />
          <Route path="/storage" element={<Storage />} />
          <Route path="/damage" element={<Damage />} />
          <Route path="/attack" element={<Attacks />} />
          <Route path="/hardware" element={<Hardware />} />
          <Route path="/vaults" element={<Vaults />} />
          <Route path="/events" element={<Events />} />
          <Route path="/guide/*" element={<Guide />} />
          <Route path="/audit" element={<Audit />} />
          <Route path="/users" element={<Users />} />
          <Route path="/account" element={<Account />} />
          <Route path="/settings" element={<Settings />} />
          <Route path="/setup" element={<Setup />} />
          <Route path="*" element={<Navigate to="/" replace />} />
        </Routes>
      </Suspense>
    </Boundary>
  );
}

/** The session, and whether it ended while its page was open. */
function useAppSession() {
  const queries = useQueryClient();
  const [expired, setExpired] = useState(false);
  const session = useQuery({
    queryKey: SESSION,
    queryFn: async () => {
      try {
        const { data } = await client.GET('/session');
        return data ?? null;
      } catch (e) {
        if (e instanceof Problem && e.status === 401) {
          const before = queries.getQueryData<Session | null>(SESSION) ?? null;
          if (before) {
            expire();
          }
          return before;
        }
        throw e;
      }
    },
    staleTime: 60_000,
  });
  // Without a session, pages ask for nothing.
  const expire = () => {
    setExpired(true);
    onlineManager.setOnline(false);
  };
  const reset = (one: Session | null) => {
    forgetBaskets();
    forgetNotices();
    forgetOrders();
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION[0] });
    queries.setQueryData(SESSION, one);
  };
  const signedIn = (one: Session) => {
    if (expired && one.user === session.data?.user) {
      queries.setQueryData(SESSION, one);
    } else {
      reset(one);
    }
    setExpired(false);
    onlineManager.setOnline(true);
  };
  return { session, expired, expire, signedOut: () => reset(null), signedIn };
}

export function App() {
  const queries = useQueryClient();
  const { session, expired, expire, signedOut, signedIn } = useAppSession();
  const hasSession = Boolean(session.data);
  useEffect(() => {
    if (hasSession) {
      void prefetch(queries);
    }
  }, [hasSession, queries]);
  // A session that was loaded is kept while the appliance cannot be reached.
  if (session.data === undefined) {
    return (
      <>
        <UnreachableBanner />
        {session.isError ? <Failure error={session.error} retry={() => void session.refetch()} /> : <Waiting />}
      </>
    );
  }
  if (session.data === null) {
    return (
      <>
        <UnreachableBanner />
        <SignIn signedIn={signedIn} />
      </>
    );
  }
  beginSession(session.data.csrf, expire);
  return (
    <SessionContext value={session.data} key={session.data.user}>
      <ActionsProvider>
        <LeaveGuard />
        <Shell signedOut={signedOut}>
          <Pages />
        </Shell>
      </ActionsProvider>
      {expired ? <SignInAgain user={session.data.user} signedIn={signedIn} /> : null}
    </SessionContext>
  );
}
