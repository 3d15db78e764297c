/** The house, floor by floor from the roof: who may import whom. STYLE's layout as data, and the one rule over it. */

/** Imports go down, and may skip floors. Rooms of one floor do not see each other. */
const FLOORS: readonly (readonly string[])[] = [
  ['cli/'],
  ['index.'],
  ['doors/'],
  ['client/', 'workers/'],
  ['engine/broker/'],
  ['engine/group/', 'engine/replica/', 'engine/coordinator/', 'engine/wire/', 'engine/view/'],
  ['engine/ensemble/'],
  ['engine/log/', 'engine/cluster/'],
  ['engine/record/', 'engine/memory/'],
  ['engine/bytes/'],
]
/** Anyone may import these; they import nothing. */
const GROUND = ['engine/errors.', 'engine/assert.', 'engine/limits.']
/** Around the house: they look in, nobody looks out. */
const OUTSIDE = ['bench/', 'property-tests/', 'examples/']

const isIn = (path: string) => (place: string) => path.startsWith(place)

export const isTest = (path: string): boolean => path.endsWith('.test.ts')
export const isOutside = (path: string): boolean => OUTSIDE.some(isIn(path))

/** Undefined for a file that stands nowhere: the plan of the house has no place for it. */
export function floorOf(path: string): number | undefined {
  if (isOutside(path)) return -1
  if (GROUND.some(isIn(path))) return FLOORS.length
  const floor = FLOORS.findIndex(rooms => rooms.some(isIn(path)))
  return floor < 0 ? undefined : floor
}

/** Why `from` may not import `to`, or undefined if it may. Both are paths from the root. */
export function objection(from: string, to: string): string | undefined {
  const [fromFloor, toFloor] = [floorOf(from), floorOf(to)]
  if (fromFloor === undefined || toFloor === undefined) return 'which stands on no floor'
  if (isOutside(to)) return mayLookOutside(from, to) ? undefined : 'which nobody may import'
  if (from.startsWith('examples/')) return to === 'index.ts' ? undefined : 'but an example sees index.ts only'
  if (isOutside(from)) return undefined
  if (GROUND.some(isIn(from)) && !isTest(from)) return 'but imports nothing: everyone stands on it'
  if (toFloor < fromFloor) return 'which is above it'
  const sharesRoom = (FLOORS[fromFloor] ?? GROUND).some(room => isIn(from)(room) && isIn(to)(room))
  if (toFloor === fromFloor && !sharesRoom) return 'which is beside it: the floor above passes values between them'
  return undefined
}

function mayLookOutside(from: string, to: string): boolean {
  if (isTest(from)) return isOutside(from) || to.startsWith('property-tests/')
  return from.startsWith('examples/') ? to.startsWith('examples/') : isOutside(from)
}
