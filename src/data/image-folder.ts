import { UserError } from '../errors.js'
import type { Files } from '../runtime/files.js'

/** A labelled picture: the path of its file, and the index of its class. */
export interface Sample {
  path: string
  label: number
}

/** A data set: `classes[sample.label]` is the name of a sample's class. */
export interface ImageFolder {
  classes: string[]
  samples: Sample[]
}

/** Whether a file is a picture, by the end of its name. */
export const hasPictureName = (name: string): boolean => /\.(jpe?g|png|webp|gif|tiff?|avif)$/i.test(name)

/**
 * Reads a data set laid out as torchvision's ImageFolder, `root/<class>/…/<picture>`. Classes and pictures are sorted by
 * UTF-16 code unit; hidden files and folders, and files that are no pictures by their name, are left out.
 * @throws UserError where the folder is missing, has no classes, or a class has no pictures
 */
export async function readImageFolder(files: Files, root: string): Promise<ImageFolder> {
  const folder = withoutEndSlash(root)
  const entries = await listVisible(files, folder)
  const classes = entries.filter((entry) => entry.kind === 'folder').map((entry) => entry.name)
  if (classes.length === 0) throw new UserError(whyNoClasses(folder, entries.filter(isPicture).length))
  const samples: Sample[] = []
  for (const [label, name] of classes.entries()) {
    const paths = await findPictures(files, `${folder}/${name}`)
    if (paths.length === 0) {
      throw new UserError(`the class folder ${folder}/${name} has no pictures: add some or remove the folder`)
    }
    for (const path of paths) samples.push({ path, label })
  }
  return { classes, samples }
}

type Entry = Awaited<ReturnType<Files['list']>>[number]

async function listVisible(files: Files, folder: string): Promise<Entry[]> {
  return (await files.list(folder)).filter((entry) => !entry.name.startsWith('.'))
}

function isPicture({ name, kind }: Entry): boolean {
  return kind === 'file' && hasPictureName(name)
}

/** The sorted paths of all pictures, by their names, in a folder and the folders inside; hidden ones are left out. */
export async function findPictures(files: Files, root: string): Promise<string[]> {
  const folder = withoutEndSlash(root)
  const paths: string[] = []
  for (const entry of await listVisible(files, folder)) {
    const path = `${folder}/${entry.name}`
    if (entry.kind === 'folder') paths.push(...(await findPictures(files, path)))
    else if (isPicture(entry)) paths.push(path)
  }
  return paths.sort()
}

const withoutEndSlash = (path: string) => path.replace(/(.)\/+$/, '$1')

function whyNoClasses(folder: string, pictures: number): string {
  return pictures > 0
    ? `found ${pictures} pictures directly in ${folder}: put each class in a folder of its own`
    : `${folder} has no class folders: put the pictures of each class in a folder of its own, named after the class`
}
