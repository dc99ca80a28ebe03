import { drizzle } from "drizzle-orm/d1";
import * as tables from "./catalog-tables.ts";

export type CatalogDatabase = ReturnType<typeof catalogDatabase>;

export function catalogDatabase(d1: D1Database) {
  return drizzle(d1, { schema: tables });
}
