/** The one function of Node's crypto that is called here: all of Node's types would bring its globals with them. */
declare module "node:crypto" {
  interface ScryptOptions {
    readonly N: number;
    readonly r: number;
    readonly p: number;
    readonly maxmem: number;
  }

  export function scrypt(
    password: string,
    salt: Uint8Array,
    keyLengthBytes: number,
    options: ScryptOptions,
    callback: (error: Error | null, key: Uint8Array) => void,
  ): void;
}
