import type {ClusterMap} from '../cluster/cluster-map.ts'
import type {MetadataChange, PartitionStep} from '../ensemble/metadata.ts'
import {MetadataImage, type PartitionPlace} from './metadata-image.ts'

/**
 * What the holder has proposed or is about to: an image ahead of the committed one, on which each rule and request sees what those
 * before it did, and the changes since the last proposal, which go to the ensemble all together.
 */
export class Draft {
  readonly image: MetadataImage
  /** Lease epoch in which all of it is proposed. */
  readonly epoch: number
  readonly #map: ClusterMap
  #changes: MetadataChange[] = []
  readonly #touched = new Set<number>()

  constructor(map: ClusterMap, committed: MetadataImage, epoch: number) {
    this.#map = map
    this.image = MetadataImage.of(committed.snapshot())
    this.epoch = epoch
    map.growTo(this.image.nextRow)
  }

  add(change: MetadataChange): void {
    for (const row of this.image.apply(change)) this.#touched.add(row)
    // whoever looks at a partition looks into its row
    this.#map.growTo(this.image.nextRow)
    this.#changes.push(change)
  }

  step({topic, index}: PartitionPlace, step: PartitionStep): void {
    this.add({type: 'partitionChanged', topicId: topic.topicId, partition: index, ...step})
  }

  takeChanges(): readonly MetadataChange[] {
    const changes = this.#changes
    this.#changes = []
    return changes
  }

  /** Rows changed since they were last asked for. */
  takeTouched(): number[] {
    const rows = [...this.#touched]
    this.#touched.clear()
    return rows
  }
}
