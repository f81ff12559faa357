// Bundles the page into `built`, from where it is put into the programs. `cargo xtask dashboard` runs it.

import { build } from "esbuild";

await build({
  entryPoints: ["src/main.tsx", "src/page.css"],
  entryNames: "page",
  outdir: process.argv[2] ?? "built",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome123", "firefox125", "safari17.5"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "inline",
  charset: "utf8",
  logLevel: "warning",
});
