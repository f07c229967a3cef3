import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useEffect } from 'react';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { beginSession, client, Problem } from './api/client';
import { ActionsProvider } from './components/actions';
import { Failure, Waiting } from './components/basics';
import { Boundary } from './components/broken';
import { LeaveGuard } from './components/leaving';
import { Shell } from './components/Shell';
import { SessionContext } from './components/session';
import { UnreachableBanner } from './components/Unreachable';
import { forgetBaskets } from './lib/baskets';
import { part, prefetch } from './lib/chunks';
import { forgetOrders } from './lib/orders';
import { Overview } from './pages/overview/Overview';
import { SignIn } from './pages/SignIn';

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
const Storage = part(() => import('./pages/Storage'));
const Damage = part(() => import('./pages/damage/Damage'));
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
          <Route path="/storage" element={<Storage />} />
          <Route path="/damage" element={<Damage />} />
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

export function App() {
  const queries = useQueryClient();
  const session = useQuery({
    queryKey: ['session'],
    queryFn: async () => {
      try {
        const { data } = await client.GET('/session');
        return data ?? null;
      } catch (e) {
        if (e instanceof Problem && e.status === 401) {
          return null;
        }
        throw e;
      }
    },
    staleTime: 60_000,
  });
  const signedIn = Boolean(session.data);
  useEffect(() => {
    if (signedIn) {
      void prefetch(queries);
    }
  }, [signedIn, queries]);
  const ended = () => {
    forgetBaskets();
    forgetOrders();
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
    queries.setQueryData(['session'], null);
  };
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
        <SignIn signedIn={(one) => queries.setQueryData(['session'], one)} />
      </>
    );
  }
  beginSession(session.data.csrf, ended);
  return (
    <SessionContext value={session.data}>
      <ActionsProvider>
        <LeaveGuard />
        <Shell signedOut={ended}>
          <Pages />
        </Shell>
      </ActionsProvider>
    </SessionContext>
  );
}
