/** Test support: manifests as the parsers of others read them. Whatever those complain of is an error here. */
/// <reference path="./manifest-readers.d.ts" />
import { Parser } from "m3u8-parser";
import * as sax from "sax";

export interface ParsedSegment {
  readonly uri: string;
  readonly duration: number;
  readonly byterange: { readonly length: number; readonly offset: number };
  readonly map: { readonly uri: string; readonly byterange: { readonly length: number; readonly offset: number } };
}

export interface ParsedPlaylist {
  readonly version: number;
  readonly targetDuration: number;
  readonly playlistType: string;
  readonly mediaSequence: number;
  readonly endList: boolean;
  readonly independentSegments: boolean;
  readonly segments: readonly ParsedSegment[];
  readonly playlists?: readonly {
    readonly uri: string;
    readonly attributes: Readonly<Record<string, string | number>>;
  }[];
}

export function parsePlaylist(text: string): ParsedPlaylist {
  const parser = new Parser();
  const warnings: string[] = [];
  parser.on("warn", ({ message }) => warnings.push(message));
  parser.push(text);
  parser.end();
  if (warnings.length > 0) throw new Error(warnings.join("; "));
  return parser.manifest as ParsedPlaylist;
}

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

/** The document's own element. Throws where the text is not well-formed. */
export function parseXml(text: string): XmlElement {
  const parser = sax.parser(true);
  const document: XmlElement = { name: "", attributes: {}, children: [], text: "" };
  const open = [document];
  parser.onerror = (error) => {
    throw error;
  };
  parser.onopentag = ({ name, attributes }) => {
    const element: XmlElement = { name, attributes, children: [], text: "" };
    open.at(-1)?.children.push(element);
    open.push(element);
  };
  parser.onclosetag = () => {
    open.pop();
  };
  parser.ontext = (part) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += part.trim();
  };
  parser.write(text).close();
  const [root] = document.children;
  if (root === undefined) throw new Error("the document is empty");
  return root;
}

/** All elements of a name, in the order of the text. */
export function elementsOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...elementsOf(child, name)]);
}
