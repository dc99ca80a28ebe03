import type { RouteBinder } from "#workers/shared/http/bind-routes.ts";
import { listDeliveries } from "./deliveries-contract.ts";

export function bindDeliveriesRoutes({ bind }: RouteBinder<ApiEnv>): void {
  bind(listDeliveries, async ({ query }, context) => {
    const hours = await context.env.ACCOUNTING.deliveredHours(query.hours);
    const items = hours.map(({ hour, ranges, cacheRanges, cacheBytes, originBytes }) => ({
      hour: new Date(hour).toISOString(),
      ranges,
      bytes: cacheBytes + originBytes,
      hit_ratio: ratio(cacheRanges, ranges),
      byte_hit_ratio: ratio(cacheBytes, cacheBytes + originBytes),
    }));
    context.header("cache-control", "private, no-store");
    return context.json({ items });
  });
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : Number((part / whole).toFixed(4));
}
