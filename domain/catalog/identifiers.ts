/** Identifiers of recordings and releases. */

const ISRC_PATTERN = /^[A-Z]{2}[A-Z0-9]{3}\d{7}$/;

/** An ISRC in its bare form, or null. It has no check digit: only its shape can be wrong (ISO 3901). */
export function parseIsrc(text: string): string | null {
  const bare = text.toUpperCase().replaceAll(/[\s-]/g, "");
  // Looked at whole before a leading label is taken off: "ISRC1..." is also how codes of an Icelandic registrant begin.
  return [bare, bare.replace(/^ISRC:?/, "")].find((code) => ISRC_PATTERN.test(code)) ?? null;
}

const BARCODE_PATTERN = /^(\d{12}|\d{13})$/;

/** A UPC (12 digits) or EAN (13) whose check digit is right, or null (GS1: weights 3 and 1 from the right). */
export function parseUpc(text: string): string | null {
  const bare = text.replaceAll(/[\s-]/g, "");
  if (!BARCODE_PATTERN.test(bare)) return null;
  let sum = 0;
  for (let i = 0; i < bare.length; i++) {
    const digit = Number(bare.charAt(bare.length - 1 - i));
    sum += i % 2 === 0 ? digit : digit * 3;
  }
  return sum % 10 === 0 ? bare : null;
}
