/** No timer runs longer; one of more would be over at once. */
export const TIMER_MS_MAX = 2 ** 31 - 1
