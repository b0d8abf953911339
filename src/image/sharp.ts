type Sharp = typeof import('sharp').default
let loading: Promise<Sharp> | undefined

/** sharp, set up once. It is loaded at the first picture, since it takes a while and most commands need none. */
export function loadSharp(): Promise<Sharp> {
  loading ??= load()
  return loading
}

async function load(): Promise<Sharp> {
  const { default: sharp } = await import('sharp')
  sharp.cache(false) // no picture is decoded twice in a row
  sharp.concurrency(1) // the other cores are training
  return sharp
}
