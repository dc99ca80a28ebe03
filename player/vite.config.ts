import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // The content security policy allows no data: URLs for scripts and fonts, so nothing is inlined.
    assetsInlineLimit: 0,
    // Libraries change rarely: in a file of their own they stay in browsers' caches over deployments.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "libraries", test: /node_modules\/(react|react-dom|scheduler|@tanstack|@radix-ui|@floating-ui)\// },
          ],
        },
      },
    },
  },
});
