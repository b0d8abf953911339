/**
 * Which phase a training was in at what time. The trainer reads the learned state for a checkpoint or for an
 * evaluation; which of the two it was, only what follows tells.
 */
export class PhaseLog {
  #marks = []

  /** From now on the training is in `phase`; null where the next phase will tell. */
  enter(phase) {
    const last = this.#marks.at(-1)
    if (last?.phase === null) last.phase = phase === 'evaluation' ? 'setting evaluation up' : phase
    if (last?.phase !== phase) this.#marks.push({ at: performance.now(), phase })
  }

  phaseAt(time) {
    return (this.#marks.findLast(({ at }) => at <= time) ?? this.#marks[0]).phase
  }

  /** Files of which the trainer writes one for each checkpoint. */
  files(files) {
    return {
      ...files,
      write: async (path, content) => {
        this.enter('checkpoint')
        await files.write(path, content)
        this.enter('steps')
      },
    }
  }

  /** Sessions, of which the trainer reads the state of one. */
  runtime(runtime) {
    return {
      createSession: async (model, options) => {
        const session = await runtime.createSession(model, options)
        const readState = () => {
          this.enter(null)
          return session.readState()
        }
        return { ...session, readState }
      },
    }
  }
}
