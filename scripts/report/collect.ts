import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { TestCase, TestModule } from 'vitest/node'
import type { Category, Counts, Failure, Test } from './report.ts'

type TestError = Parameters<typeof explain>[0]
const FRAME_OF_OTHERS = /\n +at .*(node_modules|node:internal|<anonymous>).*/g

export type Outputs = ReadonlyMap<string, string>

export function testsOf(modules: readonly TestModule[]): readonly Test[] {
  return modules.flatMap((module) => [...Array.from(module.children.allTests(), describe), ...brokenModule(module)])
}

export function failuresOf(modules: readonly TestModule[], unhandled: readonly TestError[], outputs: Outputs): readonly Failure[] {
  return [
    ...modules.flatMap((module) => Array.from(module.children.allTests('failed'), (test) => failure(test, outputs))),
    ...modules
      .filter((module) => module.errors().length > 0)
      .map((module) => ({ ...place(module), name: '(the file itself)', errors: module.errors().map(explain), output: outputs.get(module.id) ?? '' })),
    ...unhandled.map((error) => ({ category: 'outside', file: '', name: '(outside of any test)', errors: [explain(error)], output: '' })),
  ]
}

export function count(tests: readonly Test[]): Counts {
  const number = (state: Test['state']): number => tests.filter((test) => test.state === state).length
  return { passed: number('passed'), failed: number('failed'), skipped: number('skipped') }
}

export function categoriesOf(tests: readonly Test[]): readonly Category[] {
  const groups = Map.groupBy(tests, (test) => test.category)
  return [...groups]
    .map(([name, group]) => ({ name, ...count(group), ms: group.reduce((sum, test) => sum + test.ms, 0) }))
    .toSorted((a, b) => a.name.localeCompare(b.name))
}

function describe(test: TestCase): Test {
  const result = test.result()
  const state = result.state === 'passed' || result.state === 'failed' ? result.state : 'skipped'
  const reason = result.state === 'skipped' ? (result.note ?? '(no reason given)') : '(never ran)'
  const { duration = 0, flaky = false } = test.diagnostic() ?? {}
  const more = { ...(state === 'skipped' && { reason }), ...(flaky && { repeated: true }) }
  return { ...place(test.module), name: test.fullName, state, ms: Math.round(duration), ...more }
}

/** A file that fails as a whole (it does not load, or a hook of it throws) counts as one failed test. */
const brokenModule = (module: TestModule): readonly Test[] =>
  module.errors().length === 0 ? [] : [{ ...place(module), name: '(the file itself)', state: 'failed', ms: 0 }]

function failure(test: TestCase, outputs: Outputs): Failure {
  return { ...place(test.module), name: test.fullName, errors: (test.result().errors ?? []).map(explain), output: outputs.get(test.id) ?? '' }
}

function place(module: TestModule): { category: string; file: string } {
  const file = relative(process.cwd(), module.moduleId)
  return { file, category: file.split('/')[1] ?? '' }
}

function explain({
  message,
  stack = message,
  diff,
}: {
  readonly message: string
  readonly stack?: string | undefined
  readonly diff?: string | undefined
}): string {
  return stripVTControlCharacters([stack.replaceAll(FRAME_OF_OTHERS, ''), diff].filter(Boolean).join('\n\n'))
}
