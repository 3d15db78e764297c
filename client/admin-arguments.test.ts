import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {OdradekError} from '../engine/errors.ts'
import {
  checkConfigChanges,
  checkCreateOptions,
  checkPartitionRefs,
  checkReassignments,
  checkTopics,
} from './admin-arguments.ts'

type Check = (what: string, value: unknown) => void

function refuses(check: Check, value: unknown, words: string): void {
  assert.throws(
    () => check('x', value),
    (error: OdradekError) => error.code === 'INVALID_ARGUMENT' && error.message.includes(words),
  )
}

test('topics to be made: the place of what is wrong is named', () => {
  checkTopics('x', [])
  checkTopics('x', [
    {name: 'a'},
    {
      name: 'b',
      numPartitions: 3,
      replicationFactor: -1,
      configs: {'retention.ms': 5, 'cleanup.policy': 'delete', c: true},
    },
    {name: 'c', assignments: [[1, 2], [2]]},
  ])
  refuses(checkTopics, 'a', "x is a list, not the string 'a'")
  refuses(checkTopics, undefined, 'x is a list')
  refuses(checkTopics, ['a'], 'x[0] are an object')
  refuses(checkTopics, [{}], 'x[0].name is a string, not undefined')
  refuses(checkTopics, [{name: 'a'}, {name: 'b', numPartitions: 1.5}], 'x[1].numPartitions is a whole number')
  refuses(checkTopics, [{name: 'a', partitions: 1}], 'no option partitions')
  refuses(checkTopics, [{name: 'a', assignments: [1]}], 'x[0].assignments[0] is a list')
  refuses(checkTopics, [{name: 'a', configs: null}], 'x[0].configs is an object')
  refuses(checkTopics, [{name: 'a', configs: {b: null}}], 'x[0].configs["b"] is a string, a number or a boolean')
  refuses(checkTopics, [{name: 'a', configs: {b: () => 1}}], 'not a function')
})

test('changes of configs, partitions, moves, options', () => {
  checkConfigChanges('x', {a: null, b: 'c', d: 1})
  refuses(checkConfigChanges, {a: []}, 'x["a"] is')
  checkPartitionRefs('x', [{topic: 'a', partition: 0}])
  refuses(checkPartitionRefs, [{topic: 'a'}], 'x[0].partition is a whole number, not undefined')
  checkReassignments('x', [
    {topic: 'a', partition: 0, replicas: null},
    {topic: 'a', partition: 0, replicas: [2, 1]},
  ])
  refuses(checkReassignments, [{topic: 'a', partition: 0}], 'x[0].replicas is a list, not undefined')
  refuses(checkReassignments, [{topic: 'a', partition: 0, replicas: ['1']}], 'x[0].replicas[0] is a whole number')
  checkCreateOptions('x', {})
  checkCreateOptions('x', {validateOnly: true})
  refuses(checkCreateOptions, {validateOnly: 1}, 'x.validateOnly is true or false')
})

test.run()
