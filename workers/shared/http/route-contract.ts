/**
 * A route as data: what it takes, what it answers, and who may call it. Handlers bind to it, tests enumerate it,
 * clients infer their types from it.
 */
import type * as z from "zod";
import type { Policy } from "#domain/accounts/roles.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";

export interface RouteContract {
  readonly method: Method;
  /** Express-style: `/v1/tracks/:id`. */
  readonly path: string;
  readonly policy: Policy;
  readonly summary: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  /** Header names in lower case. */
  readonly headers?: z.ZodType;
  /** A JSON body. Routes that take bytes leave it out and read the request themselves. */
  readonly body?: z.ZodType;
  /** How long the JSON body may be, where that is not `JSON_BODY_BYTES_MAX`. */
  readonly bodyBytesMax?: number;
  /** The JSON answers by status; null stands for an answer without a body. */
  readonly responses: Readonly<Record<number, z.ZodType | null>>;
}

export function defineRoute<const Contract extends RouteContract>(contract: Contract): Contract {
  return contract;
}
