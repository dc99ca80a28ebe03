import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: "./workers/accounting/ledger-tables.ts",
  out: "./migrations/ledger",
  casing: "snake_case",
});
