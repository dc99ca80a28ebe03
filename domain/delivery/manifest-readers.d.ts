/** What is used here of two parsers that come without types. */
declare module "m3u8-parser" {
  export class Parser {
    readonly manifest: unknown;
    on(event: "warn", listener: (warning: { readonly message: string }) => void): void;
    push(text: string): void;
    end(): void;
  }
}

declare module "sax" {
  interface SaxParser {
    onerror: (error: Error) => void;
    onopentag: (tag: { readonly name: string; readonly attributes: Readonly<Record<string, string>> }) => void;
    onclosetag: () => void;
    ontext: (text: string) => void;
    write(text: string): SaxParser;
    close(): void;
  }

  export function parser(strict: true): SaxParser;
}
