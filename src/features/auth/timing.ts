/** Milliseconds that every such answer takes: longer than the work, shorter than anybody notices. */
const LEVEL = 20

/** Does the work, and is done no sooner than any other work like it, so that time tells nothing (ASVS 6.3.8). */
export const answerLevelly = async (work: () => Promise<void>): Promise<void> => {
  await Promise.all([work(), new Promise((resolve) => setTimeout(resolve, LEVEL))])
}
