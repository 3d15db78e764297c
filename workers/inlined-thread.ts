/** `odradek-thread.ts` with all it imports, as text. The build fills it in; what tsc alone makes is empty. */
export const INLINED_THREAD: string = ''
