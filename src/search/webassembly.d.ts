/** The part of the global that we use: TypeScript keeps it in `dom`, whose other globals Node does not have. */
declare namespace WebAssembly {
  interface Module {
    readonly kind?: 'module'
  }
  interface Memory {
    readonly buffer: ArrayBuffer
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>)
    readonly exports: Record<string, unknown>
  }
  function compile(bytes: Uint8Array): Promise<Module>
}

/** Brotli-compressed bytes in a string; the package does not name this file in its `exports`. */
declare module '*/_rg.wasm.mjs' {
  export function getCompressedBytes(): Uint8Array
}
