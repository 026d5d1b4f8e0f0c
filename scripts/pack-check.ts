import { checkPackage } from './package/check.ts'

await checkPackage((line, holds) => {
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${line}`)
  if (!holds) process.exitCode = 1
})
