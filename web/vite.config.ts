import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { markdown } from './scripts/markdown';

export default defineConfig({
  plugins: [react(), markdown()],
  build: {
    outDir: 'target/classes/dev/holdfast/console',
    emptyOutDir: true,
    // No data: addresses for scripts and fonts: the content security policy allows none.
    assetsInlineLimit: 0,
    // A style sheet of a page that could not be loaded would not be tried again.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { '/api': { target: process.env.HOLDFAST ?? 'https://127.0.0.1:8808', secure: false } } },
});
