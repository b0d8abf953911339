import { UserError } from '../../../errors.js'
import { chooseModelFiles } from '../../hub/model-files.js'
import { isCommit, parseModelId } from '../../hub/model-id.js'
import { HubConnection } from './connection.js'
import { BlobDownloader } from './download-blob.js'
import { HubListing, type RemoteFile } from './listing.js'
import { ModelCache } from './model-cache.js'
import { PassingError, Patience, type PatienceOptions } from './patience.js'
import { type HubSettings, hubSettings } from './settings.js'

/** How far a download is. */
export interface DownloadProgress {
  /** The file at hand. */
  file: string
  /** Bytes of the files that were missing: those that are here by now, and all. */
  done: number
  total: number
}

export interface DownloadOptions {
  onProgress?: (progress: DownloadProgress) => void
  /** Told what the user should know, such as that the hub is busy and what is done about it. */
  onNotice?: (text: string) => void
  /** Ends the download with the signal's reason. What has arrived is kept, and the next call goes on from there. */
  signal?: AbortSignal
}

/** Those files are read at one go. */
const largestJson = 2 ** 26

/** What the tests set shorter. */
export interface Pace extends Pick<PatienceOptions, 'attempts' | 'firstWait'> {
  stallLimit?: number
}

/**
 * The local folder of a model of the Hugging Face hub; what is not there yet is downloaded, and checked by its checksum.
 * Only the files that make the model are: its weights in one format, and its configuration. They lie where
 * huggingface_hub keeps them, so Python's downloads are found, and Python finds these.
 *
 * Follows the environment: HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_HUB_OFFLINE.
 * @param id `hf:owner/name` or `hf:owner/name@revision`
 * @throws UserError where there is no such model, it may not be read, or hub or disk fail
 */
export async function downloadModel(id: string, options: DownloadOptions = {}): Promise<string> {
  return new ModelDownload(id, await hubSettings(process.env), options).run()
}

/** One download, of what `downloadModel` says. */
export class ModelDownload {
  private readonly repository: string
  private readonly revision: string
  private readonly cache: ModelCache
  private readonly connection: HubConnection
  private readonly listing: HubListing

  constructor(
    id: string,
    private readonly settings: HubSettings,
    private readonly options: DownloadOptions = {},
    private readonly pace: Pace = {},
  ) {
    const { repository, revision } = parseModelId(id)
    this.repository = repository
    this.revision = revision
    this.cache = new ModelCache(settings.cacheFolder, repository)
    this.connection = new HubConnection(settings, pace.stallLimit)
    this.listing = new HubListing(this.connection, settings, options.signal)
  }

  async run(): Promise<string> {
    const { revision, cache } = this
    const known = isCommit(revision) ? revision : await cache.readRef(revision)
    if (this.settings.offline) return this.kept(known)
    const usable = known !== undefined && chooseModelFiles(await cache.present(known)) !== undefined
    let commit: string
    let files: RemoteFile[]
    try {
      commit = isCommit(revision) ? revision : await this.listing.commit(this.question(), this.patience(usable))
      files = await this.filesOf(commit, usable)
    } catch (error) {
      if (!usable || !(error instanceof PassingError)) throw error
      this.options.onNotice?.(`${error.message.split(': ')[0]}, so hf:${this.repository} is used as downloaded before`)
      return cache.snapshot(known)
    }
    await this.complete(commit, this.choose(files, commit))
    await cache.writeRef(revision, commit)
    return cache.snapshot(commit)
  }

  /** What is here already, without a look at the hub. */
  private async kept(commit: string | undefined): Promise<string> {
    if (commit && chooseModelFiles(await this.cache.present(commit))) return this.cache.snapshot(commit)
    throw new UserError(
      `hf:${this.repository} at ${this.revision} is not complete in ${this.settings.cacheFolder}: unset HF_HUB_OFFLINE to download it`,
    )
  }

  private async filesOf(commit: string, usable: boolean): Promise<RemoteFile[]> {
    const kept = await this.cache.readTree(commit)
    if (kept) return kept
    const files = await this.listing.files(this.question(commit), this.patience(usable))
    await this.cache.writeTree(commit, files)
    return files
  }

  private choose(files: readonly RemoteFile[], commit: string): RemoteFile[] {
    const chosen = chooseModelFiles(files.map(({ path }) => path))
    if (!chosen)
      throw new UserError(
        `hf:${this.repository} holds no model that can be read at ${commit}: choose one with config.json and model.safetensors`,
      )
    const byPath = new Map(files.map((file) => [file.path, file]))
    const picked = chosen.map((path) => byPath.get(path)!)
    const bloated = picked.find(({ path, size }) => path.endsWith('.json') && size > largestJson)
    if (bloated)
      throw new UserError(`${bloated.path} of hf:${this.repository} has ${bloated.size} bytes: choose another model`)
    return picked
  }

  /** Brings every chosen file into the snapshot of a commit. */
  private async complete(commit: string, chosen: readonly RemoteFile[]): Promise<void> {
    const { cache } = this
    const absent: RemoteFile[] = []
    for (const file of chosen) if (!(await cache.hasFile(commit, file))) absent.push(file)
    const missing: RemoteFile[] = []
    for (const file of absent) if (!(await cache.hasBlob(file))) missing.push(file)
    await this.download(commit, missing)
    for (const file of absent) await cache.link(commit, file)
  }

  private async download(commit: string, files: readonly RemoteFile[]): Promise<void> {
    if (files.length === 0) return
    await this.cache.makeBlobFolder()
    const downloader = new BlobDownloader(this.connection, this.settings)
    const total = files.reduce((sum, { size }) => sum + size, 0)
    let before = 0
    for (const file of files) {
      const onProgress = (bytes: number) => this.options.onProgress?.({ file: file.path, done: before + bytes, total })
      const question = { ...this.question(commit), path: file.path }
      const blob = this.cache.blob(file.digest)
      const { signal } = this.options
      await downloader.download({ question, file, blob, onProgress, ...(signal && { signal }) }, this.patience())
      before += file.size
    }
  }

  private question(revision = this.revision) {
    return { repository: this.repository, revision }
  }

  /** Less of it where there is something to fall back on. */
  private patience(hasFallback = false): Patience {
    const { signal, onNotice } = this.options
    return new Patience({
      ...this.pace,
      ...(hasFallback && { attempts: 1 }),
      ...(signal && { signal }),
      ...(onNotice && { onNotice }),
    })
  }
}
