/** Asks for the password again; set by the dialog that does it. */
let ask: (() => Promise<boolean>) | undefined

export const answerProofsWith = (dialog: typeof ask) => {
  ask = dialog
}

/** True if the session has been proved anew. */
export const prove = () => ask?.() ?? Promise.resolve(false)
