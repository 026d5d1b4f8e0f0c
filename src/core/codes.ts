export type Category =
  | 'path'
  | 'content'
  | 'conflict'
  | 'policy'
  | 'storage'
  | 'mount'
  | 'history'
  | 'input'
  | 'ipfs'
  | 'service'
  | 'http'
  | 'startup'
  | 'internal'
export type Severity = 'low' | 'medium' | 'high' | 'critical'

export interface CodeInfo {
  readonly category: Category
  readonly severity: Severity
  /** True if the same call can succeed later without any change by the caller. */
  readonly retryable: boolean
  /** What it means, for people. */
  readonly meaning: string
  /** What the caller does now; an error may carry a more exact one. */
  readonly hint: string
}

const code = (category: Category, severity: Severity, retryable: boolean, meaning: string, hint: string): CodeInfo =>
  Object.freeze({ category, severity, retryable, meaning, hint })

/** Every code that a client can see: the single source of the type, of the statistics and of docs/errors.md. */
export const CODES = {
  NOT_FOUND: code('path', 'low', false, 'Nothing stands at this path.', 'List the parent folder and use a name that is there.'),
  ALREADY_EXISTS: code('path', 'low', false, 'Something stands at this path already.', 'Choose another name, or remove what is there first.'),
  IS_DIRECTORY: code('path', 'low', false, 'The path is a folder where a file is needed.', 'Name a file inside it, or use a tool for folders.'),
  NOT_DIRECTORY: code('path', 'low', false, 'The path is a file where a folder is needed.', 'Name its parent folder.'),
  NOT_EMPTY: code('path', 'low', false, 'The folder holds something.', 'Pass recursive=true if everything below it is meant.'),
  INVALID_PATH: code('path', 'low', false, 'The path breaks a rule of paths.', 'Send an absolute path with "/" between names, without "." or ".." segments.'),
  LINK_LOOP: code('path', 'low', false, 'Symbolic links lead round in a circle.', 'Use the path of the real file.'),
  SPECIAL_FILE: code('path', 'medium', false, 'The path is a device, pipe or socket.', 'Only files and folders are served.'),
  NOT_SERVED: code('path', 'low', false, 'No mount serves this path.', 'Use a path below one of the served folders.'),

  FILE_TOO_LARGE: code('content', 'low', false, 'The content is larger than this operation takes.', 'Work on a part of it, or pass it by path with `from`.'),
  NOT_TEXT: code('content', 'low', false, 'The file is not text.', 'Read it by byte_offset and byte_length, or replace it whole with vfs_write.'),
  NO_MATCH: code('content', 'low', false, 'The text to replace is not in the file.', 'Copy old_string exactly from the file and send the edit again.'),
  AMBIGUOUS_MATCH: code(
    'content',
    'low',
    false,
    'The text to replace occurs more than once.',
    'Add surrounding lines to old_string until it is unique, or pass replace_all=true.',
  ),
  NO_CHANGE: code('content', 'low', false, 'The call would change nothing.', 'Send the text that should stand there.'),
  SOURCE_FAILED: code(
    'content',
    'medium',
    true,
    'The source of the bytes failed before its end; nothing was written.',
    'Repeat the call; if it fails again, check the source.',
  ),
  INVALID_PATTERN: code('content', 'low', false, 'The pattern cannot be understood.', 'Correct the pattern, or pass literal=true to search for it as it is.'),

  CONFLICT: code(
    'conflict',
    'medium',
    false,
    'The path is not in the state that the caller expected.',
    'Read it again and repeat the change on what is there now.',
  ),
  BUSY: code('conflict', 'low', true, 'Another change holds this path.', 'Repeat the call in a moment.'),
  OUTCOME_UNKNOWN: code('conflict', 'high', true, 'The storage did not say whether the change took place.', 'Look at the path before you repeat the change.'),
  PARTIAL: code(
    'conflict',
    'high',
    false,
    'A change of several parts stopped half way; its parts are listed.',
    'Undo the change, or repeat it for what is missing.',
  ),
  TOO_MANY_DELETIONS: code(
    'conflict',
    'high',
    false,
    'The call would delete more than it may; nothing was changed.',
    'Look at what would go with dry_run=true; then raise max_delete, or correct the source.',
  ),
  CANCELLED: code('conflict', 'low', true, 'The caller cancelled the call.', 'Repeat it if it is still wanted.'),

  READ_ONLY: code('policy', 'low', false, 'This place may only be read.', 'Write below a mount that is not read-only.'),
  DENIED: code('policy', 'medium', false, 'A rule of the configuration hides this path.', 'Work without it; only a person can change the rule.'),
  OUTSIDE_ROOT: code('policy', 'medium', false, 'A symbolic link leads out of the served folder.', 'Use a path whose links stay inside.'),
  UNAUTHORIZED: code('policy', 'medium', false, 'The request carries no valid token.', 'Send the configured bearer token.'),
  FORBIDDEN_ORIGIN: code(
    'policy',
    'high',
    false,
    'The request comes from a web page or host name that is not allowed.',
    'Call the server by its loopback address, without a foreign Origin.',
  ),

  PERMISSION_DENIED: code('storage', 'medium', false, 'The storage refuses access.', 'Ask a person to grant access, or work elsewhere.'),
  UNSUPPORTED: code('storage', 'low', false, 'This storage cannot do that.', 'See the capabilities in vfs_stat for what it can do.'),
  QUOTA_EXCEEDED: code('storage', 'high', false, 'A limit of the storage is reached.', 'Free some space there, or write elsewhere.'),
  DISK_FULL: code('storage', 'critical', false, 'The disk is full; nothing was written.', 'Removals are kept; a person runs polymount gc --keep-within 30d.'),
  RATE_LIMITED: code('storage', 'low', true, 'Too many requests at once.', 'Wait a moment, then repeat the call.'),
  UNAVAILABLE: code('storage', 'high', true, 'The storage does not answer.', 'Repeat the call later; vfs_list_mounts shows its health.'),
  TIMEOUT: code('storage', 'medium', true, 'The storage did not answer in time.', 'Repeat the call, or ask for less at once.'),
  BUCKET_NOT_FOUND: code('storage', 'high', false, 'The storage has no bucket of the configured name.', 'Let a person make the bucket, or correct its name.'),
  CREDENTIALS_REFUSED: code(
    'storage',
    'high',
    false,
    'The storage does not accept the credentials.',
    'Let a person correct the keys that the configuration refers to.',
  ),
  CREDENTIALS_EXPIRED: code('storage', 'high', false, 'The credentials of the storage have expired.', 'Let a person renew them.'),
  WRONG_REGION: code('storage', 'high', false, 'The bucket lies in another region than the configured one.', 'Let a person set the region of the bucket.'),
  CLOCK_SKEW: code('storage', 'high', false, 'The clock of this machine differs too much from that of the storage.', "Let a person set the machine's clock."),
  IO_ERROR: code(
    'storage',
    'critical',
    true,
    'The storage reported a hardware or file system error.',
    'Repeat the call; if it fails again, a person must check the disk.',
  ),
  CONTENT_DAMAGED: code(
    'storage',
    'critical',
    true,
    'The storage gave other bytes than were stored there; they were not used.',
    'Repeat the call; if it fails again, take the content from an older version or another storage.',
  ),

  MOUNT_EXISTS: code('mount', 'low', false, 'Something is mounted there already.', 'Choose another path, or unmount it first.'),
  MOUNT_NOT_FOUND: code('mount', 'low', false, 'Nothing is mounted at this path.', 'vfs_list_mounts shows what is mounted.'),
  MOUNT_BUSY: code('mount', 'low', true, 'Calls are running on the mount.', 'Repeat it when they are done, or pass force=true.'),
  MOUNT_INSIDE: code('mount', 'low', false, 'Another mount lies below this folder.', 'Unmount it first, or name the folders beside it one by one.'),
  BACKEND_NOT_FOUND: code('mount', 'low', false, 'No backend of this name is configured.', 'Use a name that a person gave in the configuration.'),

  NOT_UNDOABLE: code(
    'history',
    'high',
    false,
    'What this change would replace cannot be kept, so it could not be undone.',
    'Copy it elsewhere first, or let a person mount it with versions: off.',
  ),
  CHANGE_NOT_FOUND: code('history', 'low', false, 'The journal has no change of this id.', 'vfs_history shows the ids of the changes.'),
  VERSION_NOT_FOUND: code('history', 'low', false, 'The journal keeps no such version of this path.', 'vfs_history shows the versions that are kept.'),
  VERSION_CHANGED: code('history', 'high', false, 'The kept content is no longer what was recorded; it was not used.', 'Restore an older version.'),
  VOLUME_CHANGED: code('history', 'medium', false, 'The storage of this change is not mounted here now.', 'Mount it again, then repeat the undo.'),
  ALREADY_UNDONE: code('history', 'low', false, 'This change has been undone already.', 'Undo the undo, if the change is wanted after all.'),
  NO_SESSION: code('history', 'low', false, 'There is no such session, or this call belongs to none.', 'Name a session or a change that vfs_history shows.'),

  INVALID_INPUT: code('input', 'low', false, "An argument breaks the tool's schema.", 'Correct the named field and send the call again.'),
  INVALID_ARGUMENT: code('input', 'low', false, 'The arguments do not fit together or do not fit the path.', 'Correct them as the message says.'),
  UNKNOWN_ARGUMENT: code('input', 'low', false, 'The tool has no such argument.', 'Use the argument that the message names.'),
  UNKNOWN_TOOL: code('input', 'low', false, 'There is no tool of this name.', 'tools/list shows the tools.'),
  INVALID_CURSOR: code('input', 'low', false, 'The cursor belongs to another query.', 'Start again without a cursor.'),

  INVALID_CID: code('ipfs', 'low', false, 'This is not a CID or an IPFS path.', 'Send a CID such as bafy…, or a path /ipfs/<cid>/….'),
  NOT_UNIXFS: code('ipfs', 'low', false, 'The CID names data that is neither a file nor a folder.', 'Use a CID of a file or folder.'),
  INVALID_BLOCK: code(
    'ipfs',
    'critical',
    true,
    'A block does not have the hash that its CID says; it was not used.',
    'Repeat the call; another provider may have the right block.',
  ),
  INVALID_CAR: code(
    'ipfs',
    'medium',
    false,
    'The bytes are no CAR, end too early, or hold a block that is not what its CID says.',
    'Get the archive again; what came before the damage is not pinned.',
  ),
  CONTENT_NOT_FOUND_IN_TIME: code(
    'ipfs',
    'medium',
    true,
    'No provider delivered this content before the deadline.',
    'Repeat the call later, or check the CID.',
  ),
  OFFLINE: code(
    'ipfs',
    'medium',
    false,
    'The content is not on this machine, and the configuration keeps the IPFS node off the network.',
    'Let a person set ipfs.network to client, or use content that was added here.',
  ),
  NO_PEERS: code('ipfs', 'medium', true, 'The node has no connection to any peer.', 'Repeat the call later.'),
  NAME_NOT_FOUND: code('ipfs', 'low', true, 'Nobody knows where this IPNS name points to.', 'Check the name, or repeat the call later.'),
  KEY_NOT_FOUND: code(
    'ipfs',
    'low',
    false,
    'The IPFS node has no key of this name to sign with.',
    'Use a key that there is, or let a person make one: polymount ipfs keys make NAME.',
  ),
  NOT_PINNED: code('ipfs', 'low', false, 'This CID is not pinned.', 'ipfs_pin_ls lists the pins.'),

  SERVICE_UNAVAILABLE: code('service', 'high', true, 'A service that this tool needs is not there.', 'See the message for what starts it.'),

  UNKNOWN_ENDPOINT: code('http', 'low', false, 'The server has nothing at this address.', 'Use /mcp, /mcp/x/<toolset>, /healthz or /readyz.'),
  SESSION_NOT_FOUND: code('http', 'low', false, 'The session has ended, or there never was one of this id.', 'Initialize again without a session id.'),
  BODY_TOO_LARGE: code('http', 'low', false, 'The request is larger than the server takes.', 'Send less at once.'),

  CONFIG_INVALID: code(
    'startup',
    'critical',
    false,
    'The configuration breaks its schema.',
    'Correct the named key; polymount config shows where each value came from.',
  ),
  CONFIG_UNKNOWN_KEY: code('startup', 'critical', false, 'The configuration has a key that does not exist.', 'Use the key that the message names.'),
  SECRET_MISSING: code(
    'startup',
    'critical',
    false,
    'A secret that the configuration refers to is not there.',
    'Set the environment variable or make the file that it names.',
  ),
  INSECURE_BIND: code(
    'startup',
    'critical',
    false,
    'The address can be reached from other machines and no token protects it.',
    'Bind to 127.0.0.1, or configure http.token.',
  ),
  DATA_FOLDER_UNSUPPORTED: code(
    'startup',
    'critical',
    false,
    'The data folder lies on a file system that cannot hold the journal safely.',
    'Choose a folder on a local disk with --data-dir.',
  ),
  DATA_FOLDER_UNSAFE: code(
    'startup',
    'critical',
    false,
    'Others can write in the data folder.',
    'Make it yours alone (chmod 700), or choose another folder with --data-dir.',
  ),
  DATA_FOLDER_NEWER: code(
    'startup',
    'critical',
    false,
    'The data folder was written by a newer polymount.',
    'Start that version, or choose another folder with --data-dir.',
  ),
  DATA_FOLDER_DAMAGED: code(
    'startup',
    'critical',
    false,
    'A database of the data folder is damaged.',
    'Put a copy of that file back, or move it aside with its -wal and -shm: what only it knew is lost then. Files that are served are not in it.',
  ),
  TOOL_INVALID: code('startup', 'critical', false, 'A tool breaks a rule of the registry.', 'Correct the file that the message names.'),

  INTERNAL: code(
    'internal',
    'critical',
    false,
    'polymount failed in a way it does not know.',
    'Report it with the message; nothing was half done unless the history says so.',
  ),
} as const satisfies Record<string, CodeInfo>

export type ErrorCode = keyof typeof CODES
