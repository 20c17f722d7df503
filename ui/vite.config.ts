import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// Vite's development server and the tests share one configuration, so that a
// test compiles components exactly as the app does.
export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  clearScreen: false,
  server: { port: 1420, strictPort: true },
  build: {
    // WebKitGTK 2.40 and WebView2 both run this without transforms.
    target: "es2022",
    // The app, and what stands in its place where the conversations cannot be shown.
    rolldownOptions: { input: ["index.html", "failure.html"] },
    // A data: URL would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
  // Without this, vitest resolves Svelte's server build and components cannot mount.
  ...(mode === "test" ? { resolve: { conditions: ["browser"] } } : {}),
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts"],
    // Nothing is timed here, and a busy machine takes its time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
}));
