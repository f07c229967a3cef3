import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import { beginSession, client, Problem } from './api/client';
import { ActionsProvider } from './components/actions';
import { Failure, Waiting } from './components/basics';
import { Shell } from './components/Shell';
import { SessionContext } from './components/session';
import { Overview } from './pages/overview/Overview';
import { SignIn } from './pages/SignIn';

const Nodes = lazy(() => import('./pages/nodes/Nodes'));
const NodePage = lazy(() => import('./pages/nodes/NodePage'));
const Plans = lazy(() => import('./pages/plans/Plans'));
const PlanEditor = lazy(() => import('./pages/plans/PlanEditor'));
const PolicyEditor = lazy(() => import('./pages/plans/PolicyEditor'));
const Tasks = lazy(() => import('./pages/Tasks'));
const TaskPage = lazy(() => import('./pages/TaskPage'));
const Restore = lazy(() => import('./pages/restore/Restore'));
const Storage = lazy(() => import('./pages/Storage'));
const Damage = lazy(() => import('./pages/damage/Damage'));
const Hardware = lazy(() => import('./pages/hardware/Hardware'));
const Vaults = lazy(() => import('./pages/vaults/Vaults'));
const Events = lazy(() => import('./pages/Events'));
const Audit = lazy(() => import('./pages/Audit'));
const Users = lazy(() => import('./pages/Users'));
const Account = lazy(() => import('./pages/Account'));
const Settings = lazy(() => import('./pages/Settings'));
const Guide = lazy(() => import('./pages/guide/Guide'));
const Setup = lazy(() => import('./pages/setup/Setup'));

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
  const ended = () => {
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
    queries.setQueryData(['session'], null);
  };
  if (session.isPending) {
    return <Waiting />;
  }
  if (session.isError) {
    return <Failure error={session.error} retry={() => void session.refetch()} />;
  }
  if (!session.data) {
    return <SignIn signedIn={(one) => queries.setQueryData(['session'], one)} />;
  }
  beginSession(session.data.csrf, ended);
  return (
    <SessionContext value={session.data}>
      <ActionsProvider>
        <Shell signedOut={ended}>
          <Suspense fallback={<Waiting />}>
            <Routes>
              <Route path="/" element={<Overview />} />
              <Route path="/nodes" element={<Nodes />} />
              <Route path="/nodes/:name" element={<NodePage />} />
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
        </Shell>
      </ActionsProvider>
    </SessionContext>
  );
}
