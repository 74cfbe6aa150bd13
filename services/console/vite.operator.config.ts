import { fileURLToPath } from 'node:url';
import { tanstackRouter } from '@tanstack/router-plugin/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { shared } from './vite.config.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The operators' page: a build of its own, in a folder that their listener alone serves. */
export default defineConfig({
  ...shared,
  root: here('./src/operator'),
  publicDir: here('./public'),
  plugins: [
    tanstackRouter({
      target: 'react',
      autoCodeSplitting: true,
      quoteStyle: 'single',
      routesDirectory: here('./src/operator/routes'),
      generatedRouteTree: here('./src/operator/routeTree.gen.ts'),
    }),
    react(),
  ],
  build: { ...shared.build, outDir: here('./dist/operator'), emptyOutDir: true },
  server: {
    host: '127.0.0.1',
    port: 5174,
    proxy: { '/api': { target: 'http://127.0.0.1:8081', changeOrigin: false } },
  },
});
