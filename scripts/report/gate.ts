/** Percent of src, backends and tools that a whole run of the tests has to cover. */
export const COVERAGE_GATE = { lines: 95, branches: 90 } as const
