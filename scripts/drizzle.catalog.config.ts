import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: "./workers/shared/catalog/*-tables.ts",
  out: "./migrations/catalog",
  casing: "snake_case",
});
