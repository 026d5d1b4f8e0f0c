import type { ToolContext } from '../../src/registry/tool.ts'
import { formatSize } from '../../src/text/encoding.ts'
import type { Progress } from '../../src/vfs/types.ts'

/** Tells the client how far a transfer is. */
export const tellProgress =
  ({ progress: tell }: ToolContext) =>
  (progress: Progress): void =>
    tell(progress.bytes, progress.total?.bytes, progressText(progress))

/** `3 of 8 files, 2.0 MiB of 9.1 MiB, 1.1 MiB/s, 7 s left` */
function progressText({ bytes, files, total, bytesPerSecond, secondsLeft }: Progress): string {
  const parts = [
    `${files}${of(total && `${total.files}`)} files`,
    `${formatSize(bytes)}${of(total && formatSize(total.bytes))}`,
    `${formatSize(bytesPerSecond)}/s`,
  ]
  return [...parts, ...(secondsLeft === undefined ? [] : [`${secondsLeft} s left`])].join(', ')
}

const of = (whole: string | undefined): string => (whole === undefined ? '' : ` of ${whole}`)
