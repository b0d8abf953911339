import { copyFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { isCommit } from '../../hub/model-id.js'
import { explain, makeFolder, nodeFiles } from '../files.js'
import { type RemoteFile, remoteFile } from './listing.js'

/**
 * The files of one model on this disk, laid out as Python's huggingface_hub does, which finds them there:
 *
 *     models--owner--name/
 *       blobs/<digest>                    the content of a file
 *       snapshots/<commit>/<path>         a link to it
 *       refs/<branch or tag>              the commit that it was last
 *       trees/<commit>.json               all files of a commit, whether they were downloaded or not
 */
export class ModelCache {
  private readonly folder: string

  constructor(cacheFolder: string, repository: string) {
    this.folder = `${cacheFolder}/models--${repository.replace('/', '--')}`
  }

  /** The folder with the model's files at a commit. */
  snapshot(commit: string): string {
    return `${this.folder}/snapshots/${commit}`
  }

  blob(digest: string): string {
    return `${this.folder}/blobs/${digest}`
  }

  /** The files of a commit that are here, by the paths that they have in the repository; those below `onnx` included. */
  async present(commit: string): Promise<string[]> {
    const paths: string[] = []
    for (const folder of ['', 'onnx/']) {
      const path = `${this.snapshot(commit)}/${folder}`
      if ((await nodeFiles.kind(path)) !== 'folder') continue
      for (const { name, kind } of await nodeFiles.list(path)) if (kind === 'file') paths.push(folder + name)
    }
    return paths
  }

  /** Whether a file is here for a commit, and whole. */
  hasFile(commit: string, { path, size }: RemoteFile): Promise<boolean> {
    return hasSize(`${this.snapshot(commit)}/${path}`, size)
  }

  /** Whether the content of a file is here, for whatever commit. */
  hasBlob({ digest, size }: RemoteFile): Promise<boolean> {
    return hasSize(this.blob(digest), size)
  }

  async makeBlobFolder(): Promise<void> {
    const folder = `${this.folder}/blobs`
    await makeFolder(folder).catch((error) => {
      throw explain(error, 'write', folder)
    })
  }

  /** Puts a file whose content is here into the snapshot of a commit. */
  async link(commit: string, { path, digest }: RemoteFile): Promise<void> {
    const link = `${this.snapshot(commit)}/${path}`
    const temporary = `${link}.${process.pid}.tmp`
    const up = '../'.repeat(path.split('/').length + 1)
    try {
      await makeFolder(link.slice(0, link.lastIndexOf('/')))
      await rm(temporary, { force: true })
      // Windows may forbid links.
      await symlink(`${up}blobs/${digest}`, temporary).catch(() => copyFile(this.blob(digest), temporary))
      await rename(temporary, link)
    } catch (error) {
      throw explain(error, 'write', link)
    }
  }

  /** The commit that a branch or tag was when it was last asked for. */
  async readRef(revision: string): Promise<string | undefined> {
    const path = `${this.folder}/refs/${revision}`
    const commit = (await nodeFiles.kind(path)) === 'file' ? (await nodeFiles.readText(path)).trim() : ''
    return isCommit(commit) ? commit : undefined
  }

  async writeRef(revision: string, commit: string): Promise<void> {
    if (revision === commit || (await this.readRef(revision)) === commit) return
    await this.note(`refs/${revision}`, commit)
  }

  /** The list of a commit's files, where it was kept. */
  async readTree(commit: string): Promise<RemoteFile[] | undefined> {
    const path = `${this.folder}/trees/${commit}.json`
    if ((await nodeFiles.kind(path)) !== 'file') return undefined
    try {
      const { format_version, files } = JSON.parse(await nodeFiles.readText(path)) as Tree
      if (format_version !== 1) return undefined
      const entries = Object.entries(files).map(([name, row]) =>
        remoteFile(name, {
          size: row.size,
          oid: row.blob_id,
          ...(row.lfs_sha256 && { lfs: { oid: row.lfs_sha256, size: row.lfs_size ?? row.size } }),
        }),
      )
      return entries.every((file) => file !== undefined) ? entries : undefined
    } catch {
      // A list that cannot be read is as good as none: the hub has it, too.
      return undefined
    }
  }

  async writeTree(commit: string, files: readonly RemoteFile[]): Promise<void> {
    const rows = files.map(({ path, entry: { size, oid, lfs, xetHash } }): [string, TreeRow] => [
      path,
      {
        size,
        blob_id: oid,
        ...(lfs && { lfs_sha256: lfs.oid, lfs_size: lfs.size }),
        ...(xetHash && { xet_hash: xetHash }),
      },
    ])
    const tree: Tree = { format_version: 1, files: Object.fromEntries(rows) }
    await this.note(`trees/${commit}.json`, JSON.stringify(tree, null, 1))
  }

  /** Writes what saves a question next time: a cache that cannot be written to serves without. */
  private async note(path: string, text: string): Promise<void> {
    await nodeFiles.write(`${this.folder}/${path}`, text).catch(() => {})
  }
}

async function hasSize(path: string, size: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.size === size
}

/** The list of files as huggingface_hub keeps it. */
interface Tree {
  format_version: number
  files: Record<string, TreeRow>
}

interface TreeRow {
  size: number
  blob_id: string
  lfs_sha256?: string
  lfs_size?: number
  xet_hash?: string
}
