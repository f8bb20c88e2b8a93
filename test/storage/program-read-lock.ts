/** Holds SQLite's lock of a reader on a file until its standard input ends. */

import { once } from 'node:events'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'

const connection = await Connection.open(process.argv[2] ?? '')
await connection.run('BEGIN')
await connection.all('SELECT * FROM sqlite_schema')
console.log(JSON.stringify({ pid: process.pid }))
process.stdin.resume()
await once(process.stdin, 'end')
await connection.close()
