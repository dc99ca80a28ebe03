/** Null where the text is not JSON: for what others wrote, and where the caller checks the form anyway. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
