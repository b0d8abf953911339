import { readFileSync } from 'node:fs'

/** The validation accuracy that a run folder's last epoch reached. */
export function lastAccuracy(folder) {
  const lines = readFileSync(`${folder}/metrics.jsonl`, 'utf8').trimEnd().split('\n')
  return JSON.parse(lines.at(-1)).validationAccuracy
}
