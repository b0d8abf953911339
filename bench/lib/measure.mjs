/** The process that measures one figure: hands its rows to the parent as they come. */
const { skip, measure } = await import(`../figures/${process.argv[2]}.mjs`)

const reason = skip()
if (reason) process.send({ figure: `skipped: ${reason}`, skipped: true })
else for await (const row of measure()) process.send(row)
process.disconnect()
