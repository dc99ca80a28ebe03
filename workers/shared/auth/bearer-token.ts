/** The credential of an Authorization header, or null. */
export function bearerToken(request: Request): string | null {
  const header = request.headers.get("authorization");
  if (header === null || !/^bearer /i.test(header)) return null;
  return header.slice("bearer ".length).trim();
}
