import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Nothing may be inlined: the console's content security policy allows its own files only.
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/tollway/_ui",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: "es2022",
    reportCompressedSize: true,
    sourcemap: false,
  },
});
