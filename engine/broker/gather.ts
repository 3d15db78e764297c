/** Asks for each of several things, and tells all outcomes at once, in their order, when the last is there. */
export function gather<Item, Outcome>(
  items: readonly Item[],
  ask: (item: Item, told: (outcome: Outcome) => void) => void,
  answer: (outcomes: Outcome[]) => void,
): void {
  const outcomes: Outcome[] = []
  let left = items.length
  if (left === 0) answer(outcomes)
  items.forEach((item, i) => {
    ask(item, outcome => {
      outcomes[i] = outcome
      if (--left === 0) answer(outcomes)
    })
  })
}
