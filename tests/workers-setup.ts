/** Before each file: the databases as the migrations leave them. Storage lasts for the file. */
import { applyD1Migrations, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll } from "vitest";

interface TestBindings {
  readonly CATALOG_0: D1Database;
  readonly IDENTITY: D1Database;
  readonly LEDGER: D1Database;
  readonly TEST_MIGRATIONS: Readonly<Record<"catalog" | "identity" | "ledger", D1Migration[]>>;
}

beforeAll(async () => {
  const bindings = env as unknown as TestBindings;
  await applyD1Migrations(bindings.CATALOG_0, bindings.TEST_MIGRATIONS.catalog);
  await applyD1Migrations(bindings.IDENTITY, bindings.TEST_MIGRATIONS.identity);
  await applyD1Migrations(bindings.LEDGER, bindings.TEST_MIGRATIONS.ledger);
});
