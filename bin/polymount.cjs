#!/usr/bin/env node
'use strict'
// Old syntax on purpose: every Node back to 12 must get as far as the message.
var path = require('path')
var fs = require('fs')

var FLOOR = [22, 15]
var MAIN = path.join(__dirname, '../dist/src/main.js')

function isOld() {
  var version = process.versions.node.split('.').map(Number)
  return version[0] < FLOOR[0] || (version[0] === FLOOR[0] && version[1] < FLOOR[1])
}

function refuse(line) {
  process.stderr.write('polymount: ' + line + '\n')
  process.exitCode = 2
}

/** A checkout brings its own Node (scripts/runtime); an installed package does not. */
function startNewer() {
  var newer = path.join(__dirname, '../node_modules/.bin/node')
  if (process.env.POLYMOUNT_RESTARTED || !fs.existsSync(newer)) {
    return refuse('needs Node ' + FLOOR.join('.') + ' or newer, and this is ' + process.version + ' (https://nodejs.org)')
  }
  var child = require('child_process').spawn(newer, [__filename].concat(process.argv.slice(2)), {
    stdio: 'inherit',
    env: Object.assign({}, process.env, { POLYMOUNT_RESTARTED: '1' }),
  })
  ;['SIGINT', 'SIGTERM', 'SIGHUP'].forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal)
    })
  })
  child.on('exit', function (code, signal) {
    process.exitCode = signal ? 1 : code
  })
}

/** Compiled code is kept between starts, in the user's own cache: Node's default is a folder that others can write to. */
function keepCompiledCode() {
  var cache = process.env.XDG_CACHE_HOME || path.join(require('os').homedir(), '.cache')
  require('module').enableCompileCache(process.env.NODE_COMPILE_CACHE || path.join(cache, 'polymount', 'compiled'))
}

if (process.platform === 'win32') refuse('runs on Linux and macOS; on Windows start it inside WSL (https://learn.microsoft.com/windows/wsl)')
else if (isOld()) startNewer()
else {
  delete process.env.POLYMOUNT_RESTARTED // not a setting
  // Of Node's four threads for files, a few that flush would leave none to read; it must be said before the first is used.
  if (!process.env.UV_THREADPOOL_SIZE) process.env.UV_THREADPOOL_SIZE = '16'
  keepCompiledCode()
  void import(require('url').pathToFileURL(MAIN).href)
}
