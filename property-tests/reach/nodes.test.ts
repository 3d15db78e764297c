/** The installed package in every line of Node that is kept up: a program with all kinds of threads, which ends by itself. */
import path from 'node:path'
import {test} from 'uvu'
import {prints, withInstall} from './checks.ts'
import {equipment, NODE_BINARY} from './equipment.ts'

const {project, nodes} = equipment()

function testNode(name: string, install: Parameters<typeof withInstall>[2], nodeOf: (folder: string) => string): void {
  withInstall(test, `${name} runs a program`, install, folder =>
    prints('reached 103', ['main.js', 'attach.js'], {cwd: project, node: nodeOf(folder)}),
  )
  withInstall(test, `${name} imports it, and requires it from CommonJS, without a warning`, install, async folder => {
    const node = nodeOf(folder)
    await prints('function', ['-e', "import('odradek').then(door => console.log(typeof door.openLog))"], {
      cwd: project,
      node,
    })
    await prints('true', ['-p', "typeof require('odradek').openLog === 'function'"], {cwd: project, node})
  })
}

testNode(`Node ${process.version}`, {folder: project}, () => process.execPath)
for (const [version, install] of Object.entries(nodes)) {
  testNode(`Node ${version}`, install, folder => path.join(folder, 'node_modules', NODE_BINARY, 'bin/node'))
}

test.run()
