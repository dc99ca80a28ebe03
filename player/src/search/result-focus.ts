/** Moves the focus through search results with the arrow keys. Results mark what takes the focus by `data-result`. */
export const SEARCH_INPUT_ID = "search";
export const RESULTS_ID = "search-results";

/** Whether there was a result to go to. Before the first one stands the search box. */
export function focusResult(where: "first" | "next" | "previous"): boolean {
  const container = document.getElementById(RESULTS_ID);
  if (container === null) return false;
  const results = [...container.querySelectorAll<HTMLElement>("[data-result]:not(:disabled)")];
  const here = results.indexOf(document.activeElement as HTMLElement);
  const target = where === "first" ? 0 : here + (where === "next" ? 1 : -1);
  if (target < 0) document.getElementById(SEARCH_INPUT_ID)?.focus();
  else results[Math.min(target, results.length - 1)]?.focus();
  return results.length > 0;
}
