/** The commands for clusters on Apache Kafka, through the package kafkajs: the same story as on ours. */
import {suite} from 'uvu'
import {tellStory} from '../cli/story.ts'
import {tempDir} from '../door/temp-dir.ts'
import {skip} from '../runner/skip.ts'
import {kafkaJars} from './kafka-jars.ts'
import {RealKafka} from './real-kafka.ts'

const test = suite('commands on Apache Kafka')
const jars = await kafkaJars()

if ('missing' in jars) {
  skip(test, 'a topic, its records and a group from beginning to end', jars.missing)
} else {
  test('a topic, its records and a group from beginning to end', async () => {
    const kafka = await RealKafka.format(jars.classPath, tempDir())
    await kafka.start()
    try {
      await tellStory({where: ['-b', kafka.address], brokers: 1})
    } finally {
      await kafka.stop()
    }
  })
}

test.run()
