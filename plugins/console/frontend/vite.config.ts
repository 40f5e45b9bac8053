import { existsSync, readdirSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Each folder of src/panels with an index.tsx is an ES module of its own, at an address that stays the same:
// the plugin names it in its panels, as any other plugin would name one of theirs.
// PANELS=jobs,system builds some of them, for a look at work that is under way.
const only = process.env.PANELS?.split(",");
const panels = readdirSync("src/panels").filter(
  (name) => existsSync(`src/panels/${name}/index.tsx`) && (only?.includes(name) ?? true),
);

export default defineConfig({
  base: "./",
  plugins: [react()],
  build: {
    outDir: "../src/pegboard_console/static",
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false, // a module has no way to bring a style sheet: there is one, and the page links it
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { index: "index.html", ...Object.fromEntries(panels.map((name) => [name, `src/panels/${name}/index.tsx`])) },
      preserveEntrySignatures: "exports-only",
      output: {
        entryFileNames: ({ name }) => (panels.includes(name) ? "modules/[name].js" : "assets/[name]-[hash].js"),
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
});
