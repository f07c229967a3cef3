import '@patternfly/react-core/dist/styles/base.css';
import './style.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, RouterProvider } from 'react-router';
import { App } from './App';
import { Problem } from './api/client';
import { Broken } from './components/broken';
import './i18n';
import { applyTheme, keptTheme } from './lib/theme';

applyTheme(keptTheme());
const queries = new QueryClient({
  defaultOptions: {
    // An appliance in the office is reached without the internet, whatever the browser thinks of the network.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      staleTime: 5000,
      refetchOnWindowFocus: true,
      retry: (failures, error) => failures < 2 && !(error instanceof Problem && error.status < 500),
    },
  },
});
// Only a data router can block navigation, which the leave guard for unsaved changes needs.
const router = createBrowserRouter([{ path: '*', element: <App />, errorElement: <Broken /> }]);
const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
