import {logLevel} from './enums.ts'

export interface LoggerEntryContent {
  readonly timestamp: string
  readonly message: string
  // biome-ignore lint/suspicious/noExplicitAny: as KafkaJS declares it
  [key: string]: any
}

export interface LogEntry {
  namespace: string
  level: logLevel
  label: string
  log: LoggerEntryContent
}

export type logCreator = (level: logLevel) => (entry: LogEntry) => void

export interface Logger {
  info: (message: string, extra?: object) => void
  error: (message: string, extra?: object) => void
  warn: (message: string, extra?: object) => void
  debug: (message: string, extra?: object) => void
  namespace: (namespace: string, level?: logLevel) => Logger
  setLogLevel: (level: logLevel) => void
}

/** Writes a line of JSON for each entry, as KafkaJS does where no other creator is given. */
export const consoleLogCreator: logCreator = () => entry => {
  const {namespace, level, label, log} = entry
  const message = JSON.stringify({level: label, ...log, message: `${namespace ? `[${namespace}] ` : ''}${log.message}`})
  if (level === logLevel.ERROR) console.error(message)
  else if (level === logLevel.WARN) console.warn(message)
  else if (level === logLevel.INFO) console.info(message)
  else console.log(message)
}

/** A logger that lets through what is as important as its level says; `KAFKAJS_LOG_LEVEL` in the environment overrules that. */
export function createLogger(given: logLevel = logLevel.INFO, creator: logCreator = consoleLogCreator): Logger {
  let level = environmentLevel() ?? given
  const write = creator(level)
  const within = (namespace: string, own: logLevel | undefined): Logger => {
    const at = (label: keyof typeof logLevel) => {
      const importance = logLevel[label]
      return (message: string, extra: object = {}): void => {
        if (importance > (own ?? level)) return
        const timestamp = new Date().toISOString()
        write({namespace, level: importance, label, log: {timestamp, logger: 'kafkajs', message, ...extra}})
      }
    }
    return {
      info: at('INFO'),
      error: at('ERROR'),
      warn: at('WARN'),
      debug: at('DEBUG'),
      namespace: (name, nameLevel) =>
        within(name, nameLevel === undefined ? undefined : (environmentLevel() ?? nameLevel)),
      setLogLevel(changed) {
        level = changed
      },
    }
  }
  return within('', undefined)
}

function environmentLevel(): logLevel | undefined {
  const name = (process.env['KAFKAJS_LOG_LEVEL'] ?? '').toUpperCase()
  return Object.hasOwn(logLevel, name) ? logLevel[name as keyof typeof logLevel] : undefined
}
