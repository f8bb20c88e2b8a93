/**
 * Answers of the present catalogue, as entries refer to them. Once there is another catalogue they are withdrawn from here. So no
 * entry has to be looked for when the catalogue changes, none is compared with it when it is asked for, and one that nobody asks
 * for any more keeps no old catalogue in memory.
 */

export interface Present<Answers> {
  /** Undefined: they have to be found in the catalogue. */
  readonly answers: Answers | undefined
}

/** What there is before anything was found. */
export const notFound: Present<never> = { answers: undefined }
