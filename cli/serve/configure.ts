import fs from 'node:fs'
import path from 'node:path'
import {UsageError} from '../failure.ts'
import {configsOf} from '../topic/configs.ts'
import {type Property, parseProperties} from './properties.ts'
import {type Settings, settingsOf} from './settings.ts'

/** What the files and the options of a command line say together; the options are read last. */
export function configure(files: readonly string[] = [], options: readonly string[] = []): Settings {
  const properties = [...files.flatMap(readProperties), ...configsOf(options).map(config => ({...config, where: '-o'}))]
  return settingsOf(properties)
}

function readProperties(file: string): Property[] {
  try {
    return parseProperties(fs.readFileSync(file, 'utf8'), path.basename(file))
  } catch (error) {
    throw new UsageError(`--properties: ${(error as Error).message}`)
  }
}
