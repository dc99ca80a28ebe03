/**
 * Every route the player calls, by "method path", as types alone: the contracts hold the schemas, and none of their
 * code reaches the bundle.
 */
import type * as z from "zod";
import type { CATALOG_ROUTES } from "#workers/api/catalog/catalog-contract.ts";
import type { PLAYLISTS_ROUTES } from "#workers/api/playlists/playlists-contract.ts";
import type { PLAYS_ROUTES } from "#workers/api/plays/plays-contract.ts";
import type { INGEST_CATALOG_ROUTES } from "#workers/ingest/catalog/catalog-contract.ts";
import type { TAKEDOWNS_ROUTES } from "#workers/ingest/takedowns/takedowns-contract.ts";
import type { UPLOADS_ROUTES } from "#workers/ingest/uploads/uploads-contract.ts";

type Contract =
  | (typeof CATALOG_ROUTES)[number]
  | (typeof PLAYS_ROUTES)[number]
  | (typeof PLAYLISTS_ROUTES)[number]
  | (typeof INGEST_CATALOG_ROUTES)[number]
  | (typeof UPLOADS_ROUTES)[number]
  | (typeof TAKEDOWNS_ROUTES)[number];

type NameOf<C> = C extends { method: infer Method extends string; path: infer Path extends string }
  ? `${Method} ${Path}`
  : never;

export type Routes = { [C in Contract as NameOf<C>]: C };
export type RouteName = keyof Routes;

type SuccessStatus = 200 | 201 | 202 | 204;

type Part<C, Key extends string> = C extends Readonly<Record<Key, infer Schema extends z.ZodType>> ? Schema : never;

/** Coerced fields take anything as far as their schema knows; a caller should give what comes out of it. */
type Given<Schema extends z.ZodType> = {
  [Key in keyof z.input<Schema>]: unknown extends z.input<Schema>[Key]
    ? Key extends keyof z.output<Schema>
      ? z.output<Schema>[Key]
      : never
    : z.input<Schema>[Key];
};

type Field<Name extends string, Schema extends z.ZodType> = [Schema] extends [never]
  ? { readonly [Key in Name]?: never }
  : Record<string, never> extends Given<Schema>
    ? { readonly [Key in Name]?: Given<Schema> }
    : { readonly [Key in Name]: Given<Schema> };

type HeaderNames<C> = C extends { headers: z.ZodType }
  ? { readonly idempotencyKey: string }
  : { readonly idempotencyKey?: never };

/** `bytes` is the body of the routes that take a file instead of JSON. */
export type RequestOf<Name extends RouteName> = Field<"params", Part<Routes[Name], "params">> &
  Field<"query", Part<Routes[Name], "query">> &
  Field<"body", Part<Routes[Name], "body">> &
  HeaderNames<Routes[Name]> & { readonly bytes?: Blob };

type AnswerSchema<C> = C extends { responses: infer Responses } ? Responses[keyof Responses & SuccessStatus] : never;

export type AnswerOf<Name extends RouteName> =
  AnswerSchema<Routes[Name]> extends infer Schema ? (Schema extends z.ZodType ? z.output<Schema> : null) : never;
