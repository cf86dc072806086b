/** Milliseconds: longer than such work takes, shorter than anybody notices. */
const LEVEL = 20

/**
 * Does the work, and is done no sooner than others like it: time tells nobody whether an address is known (ASVS 6.3.8).
 * Answers that hash a password before need a lower `level`, because hashing blurs what is left.
 */
export const answerLevelly = async (work: () => Promise<void>, level = LEVEL): Promise<void> => {
  await Promise.all([work(), new Promise((resolve) => setTimeout(resolve, level))])
}
