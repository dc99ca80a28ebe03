/** What the migrations do to accounts that are there already, in the engine that D1 is, with its foreign keys in force. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";

interface Migration {
  readonly name: string;
  readonly queries: readonly string[];
}

const bindings = env as unknown as RealtimeEnv & { readonly TEST_MIGRATIONS: { readonly identity: Migration[] } };

const ACCOUNT = "'ada', 'Ada', 'ada@example.com', 0, 'artist', 'premium', 1, 2";

it("keeps every account, password and session when the products change [PRD-4]", async () => {
  const [first, ...rest] = bindings.TEST_MIGRATIONS.identity;
  // An object of its own, which stands in for a database: its tables are nobody else's.
  await runInDurableObject(bindings.LISTENERS.getByName(crypto.randomUUID()), (_instance, { storage: { sql } }) => {
    const migrate = ({ queries }: Migration) => {
      for (const query of queries) sql.exec(query);
    };
    if (first === undefined) throw new Error("there are no migrations");
    migrate(first);
    sql.exec(`INSERT INTO accounts (id, name, email, email_verified, role, product, created_at, updated_at)
              VALUES (${ACCOUNT})`);
    sql.exec(`INSERT INTO credentials (id, account_id, provider_id, provider_account_id, password_hash, created_at,
                                       updated_at) VALUES ('c', 'ada', 'credential', 'ada', 'hash', 1, 2)`);
    sql.exec(`INSERT INTO sessions (id, account_id, token, expires_at, created_at, updated_at)
              VALUES ('s', 'ada', 'token', 9, 1, 2)`);
    for (const migration of rest) migrate(migration);

    const rows = (query: string) => sql.exec(query).toArray();
    expect(rows("SELECT id, email, role, product, home_country FROM accounts")).toEqual([
      { id: "ada", email: "ada@example.com", role: "artist", product: "premium", home_country: null },
    ]);
    expect(rows("SELECT account_id, password_hash FROM credentials")).toEqual([
      { account_id: "ada", password_hash: "hash" },
    ]);
    expect(rows("SELECT account_id, token FROM sessions")).toEqual([{ account_id: "ada", token: "token" }]);

    sql.exec("UPDATE accounts SET product = 'family', home_country = 'DE'");
    expect(() => sql.exec("UPDATE accounts SET product = 'duo'")).toThrow(/CHECK/);
    expect(() => sql.exec("UPDATE accounts SET home_country = 'de'")).toThrow(/CHECK/);
    expect(() => sql.exec("UPDATE credentials SET account_id = 'nobody'")).toThrow(/FOREIGN KEY/);
    sql.exec("DELETE FROM accounts");
    expect(rows("SELECT id FROM credentials UNION ALL SELECT id FROM sessions")).toEqual([]);
  });
});
