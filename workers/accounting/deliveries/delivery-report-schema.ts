/** What comes out of the queue of deliveries is checked here: another version of the edge may have put it in. */
import * as z from "zod";
import { DELIVERIES_PER_REPORT_MAX, type DeliveryReport } from "#domain/delivery/delivery-report.ts";
import { isId } from "#domain/foundation/ids.ts";

function idSchema<Id extends string>() {
  return z.custom<Id>((value) => typeof value === "string" && isId(value), "not an id");
}

const countSchema = z.number().int().min(0);

const deliverySchema = z.object({
  playback: idSchema<DeliveryReport["deliveries"][number]["playback"]>(),
  track: idSchema<DeliveryReport["deliveries"][number]["track"]>(),
  country: z.string().regex(/^[A-Z][A-Z0-9]$/),
  quality: z.string().min(1).max(40),
  ranges: countSchema,
  cacheRanges: countSchema,
  cacheBytes: countSchema,
  originBytes: countSchema,
});

export const deliveryReportSchema: z.ZodType<DeliveryReport> = z.object({
  id: idSchema<string>(),
  fromMs: countSchema,
  toMs: countSchema,
  deliveries: z.array(deliverySchema).min(1).max(DELIVERIES_PER_REPORT_MAX),
});
