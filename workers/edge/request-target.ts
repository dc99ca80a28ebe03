/**
 * Path and query as the platform hands them over, with nothing decoded by us. It may have resolved dots before; what is
 * left is compared as it stands, so one resource has one spelling and what is spelled otherwise is not found.
 */
export interface RequestTarget {
  readonly path: string;
  /** Without its question mark; empty where there is none. */
  readonly query: string;
}

const SCHEME_END = "://";

export function requestTarget(url: string): RequestTarget {
  const pathAt = url.indexOf("/", url.indexOf(SCHEME_END) + SCHEME_END.length);
  // `OPTIONS *` has no path.
  if (pathAt < 0) return { path: "", query: "" };
  const queryAt = url.indexOf("?", pathAt);
  if (queryAt < 0) return { path: url.slice(pathAt), query: "" };
  return { path: url.slice(pathAt, queryAt), query: url.slice(queryAt + 1) };
}
