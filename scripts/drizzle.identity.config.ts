import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: "./workers/api/accounts/identity-tables.ts",
  out: "./migrations/identity",
  casing: "snake_case",
});
