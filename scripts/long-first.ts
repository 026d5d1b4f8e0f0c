import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Whole storages, whole programs, and every request of a change: some of their files take minutes. */
const LONG = /\/test\/(contract|e2e)\/|\/lost\.test\.ts$/

/** Begins with what takes long, since the last file to begin is waited for alone. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- it is the sequencer's
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => Number(LONG.test(b.moduleId)) - Number(LONG.test(a.moduleId)))
  }
}
