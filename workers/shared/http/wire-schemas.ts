/** What several contracts share on the wire. Names are snake_case there, as in the API listeners' clients know. */
import * as z from "zod";
import { hasVisibleText, isPlainText } from "#domain/catalog/plain-text.ts";
import { ID_PATTERN } from "#domain/foundation/ids.ts";

export const idSchema = z.string().regex(ID_PATTERN, "an id is 22 letters and digits");
export const idParams = z.object({ id: idSchema });

/** Made by the player, once for each tab or device, and known to nobody else. */
export const streamSessionSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{8,64}$/, "a session is 8 to 64 letters, digits, _ and -");

/** Text that people read, in Unicode's composed form so that equal texts are equal. */
export function textSchema(lengthMax: number) {
  return z.string().trim().normalize("NFC").max(lengthMax).refine(isPlainText, "no control characters, please");
}

/** Text that names something: there is something to see in it. */
export function nameSchema(lengthMax: number) {
  return textSchema(lengthMax).refine(hasVisibleText, "a name has at least one visible character");
}

/** An instant as ISO 8601 with an offset: `2026-11-27T00:00:00Z`. */
export const instantSchema = z.iso.datetime({ offset: true });

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 is 64 lower-case hexadecimal digits");

export const countrySchema = z.string().regex(/^[A-Z]{2}$/, "a country is an ISO 3166-1 code of two capital letters");

export const PAGE_LIMIT_DEFAULT = 20;
export const PAGE_LIMIT_MAX = 50;
export const PAGE_OFFSET_MAX = 10_000;

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT),
  offset: z.coerce.number().int().min(0).max(PAGE_OFFSET_MAX).default(0),
});

export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({
    href: z.string(),
    items: z.array(item),
    limit: z.number().int(),
    next: z.string().nullable(),
    offset: z.number().int(),
    previous: z.string().nullable(),
    total: z.number().int(),
  });
}

/** A caller's name for one intended effect: the same key with the same request gives the same answer, once. */
export const idempotencyHeaders = z.object({
  "idempotency-key": z
    .string()
    .min(1)
    .max(128)
    .regex(/^[\x21-\x7e]+$/, "visible ASCII without spaces"),
});
