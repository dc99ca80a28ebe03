import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";

/**
 * docs/storage-schema.md names everything that is stored, and nothing else. Tables are read from databases that the
 * migrations and the objects' own SQL have made, so no second reading of SQL can disagree with the first.
 */
const DOCUMENT = "docs/storage-schema.md";
const MIGRATIONS = "migrations";
const OBJECTS = "durable-objects";
const CONFIGS = ["wrangler.toml", ...filesBelow("workers", /\/wrangler\.toml$/)];

const document = readFileSync(DOCUMENT, "utf8");

interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly indexes: readonly string[];
  readonly triggers: readonly string[];
}

interface Store {
  /** As the document's heading has it. */
  readonly title: string;
  readonly tables: readonly Table[];
}

function filesBelow(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => pattern.test(path))
    .sort();
}

function tablesOf(statements: readonly string[]): Table[] {
  const database = new DatabaseSync(":memory:");
  for (const sql of statements) database.exec(sql);
  // Shadow tables are the virtual tables' own affair.
  const names = texts(
    database,
    "SELECT name AS text FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite_%' ORDER BY name",
  );
  const tables = names.map((name) => ({
    name,
    columns: database
      .prepare('SELECT name, type, "notnull" AS required, pk FROM pragma_table_xinfo(?) WHERE hidden IN (0, 2, 3)')
      .all(name)
      .map((row) => ({
        name: String(row["name"]),
        type: String(row["type"]).toLowerCase(),
        nullable: row["required"] === 0 && row["pk"] === 0,
      })),
    indexes: ofTable(database, "index", name),
    triggers: ofTable(database, "trigger", name),
  }));
  database.close();
  return tables;
}

/** Those with a statement of their own: what a UNIQUE or PRIMARY KEY brings along is said with its column. */
function ofTable(database: DatabaseSync, type: "index" | "trigger", table: string): string[] {
  const query =
    "SELECT name AS text FROM sqlite_master WHERE type = ? AND tbl_name = ? AND sql IS NOT NULL ORDER BY name";
  return texts(database, query, type, table);
}

function texts(database: DatabaseSync, query: string, ...values: string[]): string[] {
  return database
    .prepare(query)
    .all(...values)
    .map((row) => String(row["text"]));
}

function databaseStores(): Store[] {
  const configs = CONFIGS.map((path) => readFileSync(path, "utf8")).join("\n");
  const databases = configs.matchAll(/database_name = "([^"]+)"[^[]*?migrations_dir = "[^"]*\/migrations\/([^"]+)"/g);
  const folders = new Map([...databases].map(([, name = "", folder = ""]) => [name, folder]));
  return [...folders].map(([title, folder]) => {
    const paths = filesBelow(join(MIGRATIONS, folder), /\.sql$/);
    return { title, tables: tablesOf(paths.map((path) => readFileSync(path, "utf8"))) };
  });
}

/** An object's tables are made by SQL in its own file, or in one of its folder that it works with. */
function objectStores(): Store[] {
  return filesBelow(OBJECTS, /-object\.ts$/).map((path) => {
    const title = /export class (\w+)/.exec(readFileSync(path, "utf8"))?.[1] ?? path;
    const sql = withNeighbours(path).flatMap((source) => [
      ...readFileSync(source, "utf8").matchAll(/`([^`]*CREATE TABLE[^`]*)`/g),
    ]);
    return { title, tables: tablesOf(sql.map(([, statements = ""]) => statements)) };
  });
}

/** A file, and those of its folder that it imports, and that these import. */
function withNeighbours(path: string, found: Set<string> = new Set()): string[] {
  if (found.has(path)) return [...found];
  found.add(path);
  for (const [, name = ""] of readFileSync(path, "utf8").matchAll(/ from "\.\/([^"]+)"/g)) {
    withNeighbours(join(dirname(path), name), found);
  }
  return [...found];
}

/** What a heading stands for, up to the next heading of its level or a higher one. */
function section(text: string, level: number, name: string): string {
  const mark = "#".repeat(level);
  const heading = text.split("\n").find((line) => line.startsWith(`${mark} `) && line.includes(`\`${name}\``));
  if (heading === undefined) return "";
  const after = text.slice(text.indexOf(`${heading}\n`) + heading.length);
  const end = after.search(new RegExp(`\\n#{1,${level}} `));
  return end < 0 ? after : after.slice(0, end);
}

function headings(text: string, level: number): string[] {
  const pattern = new RegExp(`^#{${level}} .*?\`([^\`]+)\``, "gm");
  return [...text.matchAll(pattern)].map(([, name = ""]) => name);
}

/** The rows of a section's table of columns, as `name | type` or `name | type or null`. */
function documentedColumns(text: string): string[] {
  const rows = text.matchAll(/^\| `([a-z0-9_]+)` +\| ([a-z]*(?: or null)?) *\|/gm);
  return [...rows].map(([, name, type]) => `${name} | ${type}`);
}

const stores = [...databaseStores(), ...objectStores()];
const tables = stores.flatMap(({ title, tables: own }) => own.map((table) => ({ title, table })));

describe("the storage schema", () => {
  it("is about what there is", () => {
    expect(stores.length).toBeGreaterThan(9);
    expect(tables.length).toBeGreaterThan(25);
  });

  it("has a section for each database and object class, and for none that is gone", () => {
    expect(headings(document, 3).sort()).toEqual(stores.map(({ title }) => title).sort());
  });

  it.each(stores)("has under $title its tables and no other", ({ title, tables: own }) => {
    const text = section(document, 3, title);
    expect(headings(text, 4).sort()).toEqual(own.map(({ name }) => name).sort());
  });

  it.each(tables)("has every column of $table.name of $title, with its type", ({ title, table }) => {
    const text = section(section(document, 3, title), 4, table.name);
    // The columns of a full-text table have no type.
    const columns = table.columns.map(({ name, type, nullable }) =>
      type === "" ? `${name} | text` : `${name} | ${type}${nullable ? " or null" : ""}`,
    );
    expect(documentedColumns(text)).toEqual(columns);
  });

  it.each(tables)("lists the indexes and triggers of $table.name of $title", ({ title, table }) => {
    const text = section(section(document, 3, title), 4, table.name);
    const listed = [...text.matchAll(/^- (?:Trigger )?`([a-z0-9_]+)`/gm)].map(([, name = ""]) => name);
    expect(listed.sort()).toEqual([...table.indexes, ...table.triggers].sort());
  });

  it("names every key that an object keeps outside of tables", () => {
    const missing = filesBelow(OBJECTS, /-object\.ts$/).flatMap((path) => {
      const source = readFileSync(path, "utf8");
      const text = section(document, 3, /export class (\w+)/.exec(source)?.[1] ?? path);
      const keys = [...source.matchAll(/^const \w*KEY = "([^"]+)";/gm)].map(([, key = ""]) => key);
      return keys.filter((key) => !text.includes(`\`${key}\``)).map((key) => `${path}: ${key}`);
    });
    expect(missing).toEqual([]);
  });

  it("names every binding's resource: databases, buckets, namespaces, queues and object classes", () => {
    const pattern = /^(?:database_name|bucket_name|queue|dead_letter_queue|class_name|id) = "([^"]+)"/gm;
    const named = new Set(
      CONFIGS.flatMap((path) => [...readFileSync(path, "utf8").matchAll(pattern)].map(([, name]) => name)),
    );
    expect(named.size).toBeGreaterThan(15);
    expect([...named].filter((name) => !document.includes(`\`${name}\``))).toEqual([]);
  });

  it("names every function that makes a key of the key-value store, a bucket or a cache", () => {
    const sources = ["domain", "workers"].flatMap((folder) => filesBelow(folder, /(?<!\.test|\.gen\.d)\.ts$/));
    const functions = sources
      .filter((path) => !path.includes("/.wrangler/"))
      .flatMap((path) => [
        ...readFileSync(path, "utf8").matchAll(/function (\w+(?:Key|Prefix|Url))\([^)]*\): string \{\s+return `/g),
      ])
      .map(([, name = ""]) => name);
    expect(functions.length).toBeGreaterThan(5);
    expect(functions.filter((name) => !document.includes(`\`${name}`))).toEqual([]);
  });
});
