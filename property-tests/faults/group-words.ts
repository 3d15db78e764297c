/** What the members of a group tell each other and their test, in shared memory: by partition who handles it now, and how far it was handled. */
const WORDS = {handler: 0, next: 1, stride: 2} as const
const MEMBERS_MAX = 64

/** What must not happen, by the number that tells of it. */
export const WRONG = [
  undefined,
  'two members that live handle a partition at once',
  'a record is handled before the one in front of it',
  'a record is not where it was sent',
] as const

export class GroupWords {
  readonly memory: SharedArrayBuffer
  readonly #dead: Int32Array
  readonly #wrong: Int32Array
  readonly #partitions: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#wrong = new Int32Array(memory, 0, 4)
    this.#dead = new Int32Array(memory, 16, MEMBERS_MAX)
    this.#partitions = new Int32Array(memory, 16 + 4 * MEMBERS_MAX)
  }

  static for(partitions: number): GroupWords {
    return new GroupWords(new SharedArrayBuffer(16 + 4 * MEMBERS_MAX + 4 * WORDS.stride * partitions))
  }

  /** A member, a number from 1 on, has something of this partition in hand. */
  begin(partition: number, member: number): void {
    const before = Atomics.exchange(this.#partitions, this.#at(partition) + WORDS.handler, member)
    if (before !== 0 && Atomics.load(this.#dead, before) === 0) this.#tell(1, partition, before, member)
  }

  handled(partition: number, offset: number, sequence: number): void {
    const at = this.#at(partition) + WORDS.next
    const next = Atomics.load(this.#partitions, at)
    if (offset > next) this.#tell(2, partition, offset, next)
    if (offset !== sequence) this.#tell(3, partition, offset, sequence)
    if (offset === next) Atomics.compareExchange(this.#partitions, at, next, next + 1)
  }

  end(partition: number, member: number): void {
    // unless it is somebody else's, who took it over from one that was ended
    Atomics.compareExchange(this.#partitions, this.#at(partition) + WORDS.handler, member, 0)
  }

  /** A member is about to be ended: what it has in hand, somebody else may take. */
  ends(member: number): void {
    Atomics.store(this.#dead, member, 1)
  }

  /** How many of a partition's records were handled. */
  next(partition: number): number {
    return Atomics.load(this.#partitions, this.#at(partition) + WORDS.next)
  }

  /** What went wrong first. */
  get wrong(): string | undefined {
    const [what, ...numbers] = this.#wrong
    return WRONG[what!] === undefined ? undefined : `${WRONG[what!]}: ${numbers.join(', ')}`
  }

  #tell(what: number, ...numbers: number[]): void {
    if (Atomics.load(this.#wrong, 0) !== 0) return
    for (const [i, number] of numbers.entries()) this.#wrong[i + 1] = number
    Atomics.store(this.#wrong, 0, what)
  }

  #at(partition: number): number {
    return WORDS.stride * partition
  }
}
