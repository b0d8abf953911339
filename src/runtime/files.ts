/**
 * The few file operations that the library needs. Paths use `/` and may be absolute or relative to the working folder.
 * Node's file system stands behind it in `runtime/node`; a browser can put any store there.
 */
export interface Files {
  /** @throws UserError where the file is missing or cannot be read */
  read(path: string): Promise<Uint8Array>
  readText(path: string): Promise<string>
  /**
   * The path of the file that bytes of `read` are the whole content of, still and without symbolic links, where a runtime
   * can map it into memory instead of copying them. Small files are not worth it.
   */
  origin?(bytes: ArrayBufferLike): Promise<string | undefined>
  /**
   * Writes a whole file, its folders included; several pieces are written one after another. The bytes go to a temporary name first, which is renamed at the end:
   * whatever was there before stays whole when the write fails or the process dies.
   * @throws UserError where the disk is full or the folder is read-only
   */
  write(path: string, content: Uint8Array | string | Iterable<Uint8Array>): Promise<void>
  /**
   * Adds bytes to the end of a file, which is made where there is none, its folders included. What was there stays; where the
   * process dies meanwhile, the added bytes may be there in part.
   * @throws UserError where the disk is full or the folder is read-only
   */
  append(path: string, bytes: Uint8Array): Promise<void>
  /** Removes a file. @throws UserError where that is not allowed */
  remove(path: string): Promise<void>
  /** The entries of a folder, sorted by name (by UTF-16 code unit). @throws UserError where it is missing or no folder */
  list(path: string): Promise<{ name: string; kind: 'file' | 'folder' }[]>
  /** What is at a path, or undefined. Symbolic links are followed. */
  kind(path: string): Promise<'file' | 'folder' | undefined>
}
