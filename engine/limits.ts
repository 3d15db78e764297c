/** Every bound of the engine in one place; limits.test.ts holds related ones against each other. */

/** Cache line of the machines we run on: what two threads write never shares one. */
export const CACHE_LINE_BYTES = 64

/** A record batch is built up to this size before it is sent; it is also the unit an inbox is cut into. */
export const SLOT_BYTES = 64 * 1024
/** Slots of an inbox at its smallest: 8 MiB on their way between two threads. */
export const SLOTS_MIN = 128
/** Slots of a broker's inbox to one of its hosts: it makes a larger one where a batch is in want of it. */
export const BROKER_SLOTS_MIN = SLOTS_MIN / 4
/** What a broker has to append to one partition of `__consumer_offsets` and found no room for yet; more is refused rather than kept. */
export const OFFSETS_WAITING_BYTES_MAX = 16 * 1024 * 1024
/** Laps of an inbox's queue before its count starts anew: two at least, so that full and empty differ. */
export const QUEUE_LAPS = 65_536
/** `message.max.bytes` of Kafka: the default and, for ours, the greatest bound of one batch. */
export const MAX_MESSAGE_BYTES_DEFAULT = 1_048_588
export const MAX_MESSAGE_BYTES_MAX = 128 * 1024 * 1024

/** A run is written once it has this many batches, so that the first of them does not wait for a sender that never pauses. */
export const RUN_BATCHES_MAX = 16
/** The most parts that systems take in one write (IOV_MAX). */
export const PARTS_MAX = 1024
/** Batches of single turns that a sender may have on their way at a time: one is stored, two are there when that is done, and one is made. */
export const PIPELINED = 4
/** Full batches that a sender submits in the middle of a turn before it wakes the replica thread: each wake-up costs it a system call. */
export const BATCHES_A_RING = 4
/** With this many requests of one sender on their way the replica thread has more to do than the sender. */
export const BEHIND = 8

/** A window of the arena, and how many a log has: the newest 8 MiB are read without a system call. */
export const WINDOW_BYTES = 1024 * 1024
export const WINDOWS = 8
/** Index entries of one window; a stretch with more is continued in the next window. */
export const WINDOW_INDEX_ENTRIES = 4096

/** Threads that may be attached to one log at a time: a bit each in masks of 64, of which two mean something else. */
export const THREADS_MAX = 62
/** Files that one sync covers; with more, several syncs follow each other. */
export const SYNC_FILES_MAX = 60
/** Rolled segments that wait for their sync, each with three open files: as many again as one sync covers may gather meanwhile. */
export const ROLLED_SEGMENTS_MAX = 38

/** Strings of Kafka's messages and records have a length of 16 bits. */
export const INT16_MAX = 0x7fff
/** Positions in a segment and offsets relative to it are int32 in Kafka's indexes. */
export const INT32_MAX = 0x7fffffff

/** A reader copies this much at a time, or one whole batch where that is larger. */
export const READ_BYTES = 256 * 1024

/** Memory for the keys of what compaction finds dirty (`log.cleaner.dedupe.buffer.size` of Kafka); what does not fit is left to the next time. */
export const OFFSET_MAP_BYTES = 128 * 1024 * 1024

/** Headers of one record: more is refused rather than stored. */
export const HEADERS_MAX = 10_000

/** Batches of one producer that a log remembers, to know a retry: as many as a sender has on their way. */
export const PRODUCER_BATCHES_MAX = SLOTS_MIN

/** Groups of which a thread remembers who coordinates them. */
export const COORDINATORS_FOUND_MAX = 1024

/** Coordinators of an ensemble: an odd number, so that a majority has a meaning. */
export const COORDINATORS_MAX = 5
/** Replicas of one partition: a bit each in the ISR of the leadership word. */
export const REPLICAS_MAX = 7
export const BROKERS_MAX = 64
/** Replica threads of one broker at most; beyond, replicas share threads. */
export const HOSTS_A_BROKER_MAX = 256
/** Marks of a thread for the partitions in which something happened; partitions whose rows are this far apart share one. */
export const ROW_MARKS = 1024
/** Partitions of a cluster, internal topics included, over the life of its process: rows of the map are never given twice. */
export const ROWS_MAX = 262_144
/** Partitions that one request may make, over all of its topics (Kafka's `MAX_PARTITIONS_PER_BATCH`): their replicas start at once. */
export const PARTITIONS_A_REQUEST_MAX = 10_000
/** Rows are added to the cluster map this many at a time. */
export const ROWS_AT_ONCE = 256

/** The largest batch of the metadata log: a topic with every partition that there may be takes 7 MiB. */
export const METADATA_BATCH_BYTES_MAX = 16 * 1024 * 1024
/** Changes that wait are committed together up to this many. */
export const METADATA_BATCH_CHANGES = 1024
/** Changes in one letter between coordinators, or one batch where that has more. */
export const METADATA_LETTER_CHANGES = 4096
/** Changes in the metadata log before a snapshot takes their place. */
export const METADATA_SNAPSHOT_CHANGES = 10_000

/** Fetch sessions that a broker keeps (Kafka's `max.incremental.fetch.session.cache.slots`), and the partitions of all of them together. */
export const FETCH_SESSIONS_MAX = 1000
export const FETCH_SESSION_PARTITIONS_MAX = 200_000
/** A produce request as it comes over a socket (`socket.request.max.bytes` of Kafka), and any other. */
export const PRODUCE_FRAME_BYTES_MAX = 100 * 1024 * 1024
export const FRAME_BYTES_MAX = 16 * 1024 * 1024
/** Frames up to this size are taken whatever else is on its way: a connection holds no more until a broker has room for it. */
export const SMALL_FRAME_BYTES = 64 * 1024
/** What a broker holds of larger requests, and of answers that nobody has taken yet, over all its connections. */
export const REQUESTS_BYTES_MAX = 256 * 1024 * 1024
export const ANSWERS_BYTES_MAX = 64 * 1024 * 1024
/** One answer gets a quarter of what is left of that, and where clients have left little room still as much as this. */
export const ANSWER_BYTES_MIN = 1024 * 1024
/** Memory for frames that a broker keeps for the next ones: a few of the size that producers send at most by default (`max.request.size`). */
export const FRAME_MEMORY_KEPT_BYTES = 8 * 1024 * 1024
/** The same for answers: several fetches of what consumers take of a partition by default (`max.partition.fetch.bytes`). */
export const ANSWER_MEMORY_KEPT_BYTES = 8 * 1024 * 1024
/** Connections of one broker. */
export const CONNECTIONS_MAX = 2048
/** Of what a client calls itself, for those who list connections. */
export const CLIENT_ID_SHOWN_MAX = 249
