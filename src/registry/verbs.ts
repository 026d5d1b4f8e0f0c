/** A description tells a model what the tool does, so its first word is one of these. */
export const VERBS: ReadonlySet<string> = new Set(
  `Add Answer Append Ask Apply Begin Bring Build Cancel Change Check Commit Compare Compute Convert Copy Count Create Delete Describe
  Download Edit Export Fetch Find Flush Follow Get Give Hash Import Keep Link List Look Make Measure Mount Move Open Pin Publish
  Put Query Read Register Remove Rename Replace Report Resolve Restore Return Roll Run Save Search Send Set Show Snapshot Start Stop
  Store Subscribe Sync Take Tell Track Transform Translate Turn Undo Unmount Unpin Unsubscribe Untrack Update Upload Validate
  Verify Wait Watch Write`.split(/\s+/),
)
