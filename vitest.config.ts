import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { freshSecrets } from "./scripts/fresh-secrets.ts";

export default defineConfig({
  test: {
    // What a passing test logs is of no interest.
    silent: "passed-only",
    // Half of the tests wait for something most of the time: two at a time also where there are two cores.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "node",
          environment: "node",
          include: ["{domain,jobs,scripts,player,tests/structure}/**/*.test.ts"],
          // Some start programs of their own, and the machine may be busy.
          testTimeout: 30_000,
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./tests/workers.wrangler.toml" },
            miniflare: {
              bindings: {
                ...freshSecrets(),
                TEST_MIGRATIONS: {
                  catalog: await readD1Migrations("migrations/catalog"),
                  identity: await readD1Migrations("migrations/identity"),
                  ledger: await readD1Migrations("migrations/ledger"),
                },
              },
            },
          })),
        ],
        test: {
          name: "workers",
          include: ["{workers,durable-objects,tests/policies}/**/*.test.ts"],
          setupFiles: ["./tests/workers-setup.ts"],
          isolate: false,
          // Signing in costs a slow hash on purpose, and the machine may be busy.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          deps: { optimizer: { ssr: { enabled: true, include: ["itty-durable"] } } },
        },
      },
      {
        test: {
          name: "e2e",
          environment: "node",
          include: ["tests/{e2e,browser}/**/*.test.ts"],
          globalSetup: ["./tests/e2e-setup.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
